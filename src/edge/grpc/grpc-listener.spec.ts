import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, tlsOf } from '../../../test/support/certificates.ts';
import { PREFACE, ping, settings } from '../../../test/support/http2/frames.ts';
import type { ListenerTls } from '../../config/config.ts';
import { Connections } from '../connections.ts';
import { GRPC_JS_CAUSES, openGrpcListener } from './grpc-listener.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(prefaceMs: number, tls?: ListenerTls, maxConnections = 100) {
  const ended: unknown[] = [];
  const observer = {
    doorOpened: () => {},
    connectionEnded: (...facts: unknown[]) => void ended.push(facts),
    handshakeFailed: (...facts: unknown[]) => void ended.push(facts),
  };
  const connections = new Connections({ door: 'access', listener: { maxConnections }, observer }, GRPC_JS_CAUSES);
  const listener = { address: { host: '127.0.0.1', port: 0 }, tls };
  const parts = { door: 'access', server: new Server(), connections, observer, prefaceMs };
  const opened = await openGrpcListener(listener, parts);
  closing.push(() => opened.close(0));
  return { ended, port: Number(opened.address.split(':')[1]) };
}

async function ready(socket: Socket, event: string): Promise<Socket> {
  socket.on('error', () => {}).resume();
  closing.push(() => socket.destroy());
  await once(socket, event);
  return socket;
}

async function expectAnswered(client: Socket): Promise<void> {
  client.write(ping('still on'));
  let seen = '';
  while (!seen.includes('still on')) seen += String((await once(client, 'data'))[0]);
}

describe('openGrpcListener()', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half the preface of HTTP/2', PREFACE.subarray(0, 12)],
  ])('closes the connection of a client that sends %s, and tells of it', async (_, bytes) => {
    const { port, ended } = await open(100);
    const socket = await ready(connect(port, '127.0.0.1'), 'connect');
    socket.write(bytes);
    await once(socket, 'close');
    expect(ended).toEqual([['access', 'silent', '127.0.0.1']]);
  });

  it('lets a client stay that speaks HTTP/2', async () => {
    const { port } = await open(300);
    const client = await ready(connect(port, '127.0.0.1'), 'connect');
    client.write(Buffer.concat([PREFACE, settings()]));
    // It connects later, so it is closed later.
    await once(await ready(connect(port, '127.0.0.1'), 'connect'), 'close');
    await expectAnswered(client);
  });

  it('closes the new connection beyond maxConnections', async () => {
    const { port, ended } = await open(60_000, undefined, 10);
    const client = await ready(connect(port, '127.0.0.1'), 'connect');
    client.write(Buffer.concat([PREFACE, settings()]));
    await Promise.all(Array.from({ length: 9 }, () => ready(connect(port, '127.0.0.1'), 'connect')));
    await once(await ready(connect(port, '127.0.0.1'), 'connect'), 'close');
    await expectAnswered(client);
    expect(ended).toEqual([['access', 'full', '127.0.0.1']]);
  });

  it.skipIf(!hasOpenssl)('counts what a client says after its TLS handshake (needs the openssl command)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
    closing.push(() => rm(folder, { recursive: true }));
    certify(folder, 'door');
    const { port, ended } = await open(100, tlsOf(folder, 'door'));
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const socket = await ready(connectTls(options), 'secureConnect');
    await once(socket, 'close');
    expect(ended).toEqual([['access', 'silent', '127.0.0.1']]);
  });
});
