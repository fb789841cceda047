import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect as connectTls,
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, readCertificate, tlsOf } from '../../test/support/certificates.ts';
import type { Listener } from '../config/config.ts';
import { cannotListen, listen, tlsOptions, tlsRenewal } from './listening.ts';

/** A server that is bound to this port without listening, so that the spec needs no IPv6. */
function boundTo(port: number): Server {
  return Object.assign(createServer(), { address: () => ({ address: '', family: '', port }) });
}

describe('listen()', () => {
  it.each<[address: Listener['address'], written: string]>([
    [{ host: '127.0.0.1', port: 0 }, '127.0.0.1:9190'],
    [{ host: 'localhost', port: 0 }, 'localhost:9190'],
    [{ host: '::1', port: 0 }, '[::1]:9190'],
    [{ host: '::', port: 9190 }, '[::]:9190'],
  ])('reports the bound address of %j', async (address, written) => {
    expect(await listen(boundTo(9190), 'tokens', { address }, () => Promise.resolve())).toBe(written);
  });

  it('names the door and the address in its error', async () => {
    const failing = listen(boundTo(1), 'tokens', { address: { host: '::1', port: 80 } }, () =>
      Promise.reject(new Error('EACCES')),
    );
    await expect(failing).rejects.toThrow(cannotListen('tokens', { host: '::1', port: 80 }, new Error('EACCES')));
    await expect(failing).rejects.toThrow('listen.tokens: cannot listen on [::1]:80: EACCES');
  });
});

describe('listen() at a Unix socket', () => {
  let folder: string;
  let path: string;
  let server: Server;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
    path = join(folder, 'door.sock');
    server = createServer((socket) => socket.destroy());
  });

  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it('listens, and reports the path', async () => {
    expect(await listen(server, 'tokens', { address: { path } })).toBe(`unix:${path}`);
  });

  it('removes the socket that a killed process left behind', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(path)).toBe(true);
    expect(await listen(server, 'tokens', { address: { path } })).toBe(`unix:${path}`);
  });

  it('leaves a socket in use alone, and fails', async () => {
    const other = createServer((socket) => socket.destroy());
    await once(other.listen(path), 'listening');
    await expect(listen(server, 'tokens', { address: { path } })).rejects.toThrow('EADDRINUSE');
    expect(existsSync(path)).toBe(true);
    other.close();
  });

  it('leaves any other file alone, and fails', async () => {
    await writeFile(path, 'not a socket');
    await expect(listen(server, 'tokens', { address: { path } })).rejects.toThrow('EADDRINUSE');
    expect(existsSync(path)).toBe(true);
  });
});

describe.skipIf(!hasOpenssl)('tlsRenewal() (needs the openssl command)', () => {
  it('requires certificates of the former CA if the new settings have none, not of any public CA', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
    for (const name of ['door', 'next', 'gateway', 'public']) certify(folder, name);
    const publicCas = getCACertificates();
    setDefaultCACertificates([readCertificate(folder, 'public').cert]);
    const opened = tlsOf(folder, 'door', readCertificate(folder, 'gateway').cert);
    const server = createTlsServer(tlsOptions(opened), (socket) => socket.end('hello'));
    try {
      const address = await listen(server, 'verify', { address: { host: '127.0.0.1', port: 0 } });
      const greeting = async (client: string): Promise<string | undefined> => {
        const port = Number(address.split(':')[1]);
        const own = readCertificate(folder, client);
        const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own }).on('error', () => {});
        const [greeted] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])]);
        return greeted?.toString();
      };
      expect([await greeting('gateway'), await greeting('public')]).toEqual(['hello', undefined]);
      tlsRenewal(opened, [server])(tlsOf(folder, 'next'));
      expect([await greeting('gateway'), await greeting('public')]).toEqual(['hello', undefined]);
    } finally {
      setDefaultCACertificates(publicCas);
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
