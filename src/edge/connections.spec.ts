import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, tlsOf } from '../../test/support/certificates.ts';
import { Connections } from './connections.ts';
import { tlsOptions, watchHandshakes } from './listening.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Serves HTTP with at most so many connections. Requests for `/wait` are answered when the test says so. */
async function serve(maxConnections: number, server: Server = createServer(), path?: string) {
  const ended: unknown[] = [];
  const failed: unknown[] = [];
  const pending: ServerResponse[] = [];
  const observer = {
    doorOpened: () => {},
    connectionEnded: (...facts: unknown[]) => void ended.push(facts),
    handshakeFailed: (_door: string, _client: string | undefined, error: unknown) => void failed.push(error),
  };
  const connections = new Connections({ door: 'tokens', listener: { maxConnections }, observer });
  connections.add(server);
  watchHandshakes(server, 'tokens', observer);
  server.on('request', (request, response) => {
    connections.begin(request.socket);
    response.once('close', () => connections.end(request.socket));
    if (request.url === '/wait') pending.push(response);
    else response.end('answer');
  });
  server.listen(path ?? 0);
  await once(server, 'listening');
  closing.push(async () => {
    server.close();
    await connections.close(0);
  });
  const address = server.address();
  const port = typeof address === 'string' ? 0 : (address?.port ?? 0);
  return { connections, ended, failed, pending, port };
}

/** Connects, without a word. */
async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  closing.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Sends a request. Resolves to what comes first: the beginning of the answer, or that the connection is closed. */
async function ask(socket: Socket, path = '/'): Promise<string> {
  const over = Promise.race([
    once(socket, 'data').then(([bytes]) => String(bytes).slice(0, 15)),
    once(socket, 'close').then(() => 'closed'),
  ]);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: h\r\n\r\n`);
  return over;
}

const closed = async (socket: Socket): Promise<unknown> => socket.closed || once(socket.resume(), 'close');

describe('a door with maxConnections', () => {
  it('closes silent connections for new ones, the oldest first, so that strangers keep no client out', async () => {
    const { port, connections, ended } = await serve(10);
    const used = await open(port);
    expect(await ask(used)).toBe('HTTP/1.1 200 OK');
    const strangers: Socket[] = [];
    for (let count = 0; count < 100; count++) strangers.push(await open(port));
    await Promise.all(strangers.slice(0, 90).map(closed));
    const newcomer = await open(port);
    expect([await ask(newcomer), await ask(used)]).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']);
    await expect.poll(() => connections.open).toBe(10);
    expect(ended.length).toBeGreaterThanOrEqual(91);
    expect(ended[0]).toEqual(['tokens', 'full', expect.stringContaining('127.0.0.1')]);
  });

  it('then closes the one whose last call is the longest ago, and none with a call', async () => {
    const { port, pending } = await serve(3);
    const [first, second, third] = [await open(port), await open(port), await open(port)];
    for (const socket of [first, second]) await ask(socket);
    const waiting = ask(third, '/wait');
    await expect.poll(() => pending.length).toBe(1);
    await ask(first);
    const newcomer = await open(port);
    await closed(second);
    expect(await ask(newcomer)).toBe('HTTP/1.1 200 OK');
    expect(await ask(first)).toBe('HTTP/1.1 200 OK');
    pending[0]?.end('late');
    expect(await waiting).toBe('HTTP/1.1 200 OK');
  });

  it('closes the new one if each of the others has a call', async () => {
    const { port, pending, connections } = await serve(2);
    const busy = [await open(port), await open(port)];
    const answers = busy.map((socket) => ask(socket, '/wait'));
    await expect.poll(() => pending.length).toBe(2);
    await closed(await open(port));
    for (const response of pending) response.end('late');
    expect(await Promise.all(answers)).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']);
    connections.reconfigure({ maxConnections: 3 });
    const third = await open(port);
    expect(await ask(third)).toBe('HTTP/1.1 200 OK');
    for (const socket of busy) expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
  });
});

describe.skipIf(!hasOpenssl)('a door with TLS (needs the openssl command)', () => {
  async function serveTls(maxConnections: number, handshakeTimeoutMs: number, socketName?: string) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
    closing.push(() => rm(folder, { recursive: true }));
    certify(folder, 'door');
    const server = createTlsServer(tlsOptions({ ...tlsOf(folder, 'door'), handshakeTimeoutMs }));
    const path = socketName === undefined ? undefined : join(folder, socketName);
    return { ...(await serve(maxConnections, server, path)), path };
  }

  async function openTls(port: number): Promise<Socket> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
    closing.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  }

  it('closes connections without a handshake for new ones', async () => {
    const { port, connections } = await serveTls(5, 60_000);
    const used = await openTls(port);
    expect(await ask(used)).toBe('HTTP/1.1 200 OK');
    for (let count = 0; count < 20; count++) await open(port);
    const newcomer = await openTls(port);
    expect([await ask(newcomer), await ask(used)]).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']);
    await expect.poll(() => connections.open).toBe(5);
  });

  it('closes the connection whose handshake ended and that made no call, before one that made calls', async () => {
    const { port } = await serveTls(2, 60_000);
    const used = await openTls(port);
    await ask(used);
    const silent = await openTls(port);
    const newcomer = await openTls(port);
    await closed(silent);
    expect([await ask(newcomer), await ask(used)]).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']);
  });

  it.each([
    ['sends nothing', Buffer.alloc(0)],
    ['sends a part of it', Buffer.from('1603010200010001fc0303', 'hex')],
  ])('closes the connection of a client that %s for its handshake, and tells of it', async (_, bytes) => {
    const { port, failed } = await serveTls(5, 100);
    const socket = await open(port);
    socket.write(bytes);
    await closed(socket);
    expect(failed).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
  });

  it('closes the connection of a client that sends its handshake byte by byte', async () => {
    const { port, failed } = await serveTls(5, 300);
    const socket = await open(port);
    const hello = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(501)]);
    let at = 0;
    const dribble = setInterval(() => socket.write(hello.subarray(at, ++at)), 20);
    closing.push(() => clearInterval(dribble));
    await closed(socket);
    expect(failed).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
    expect(at).toBeLessThan(hello.length);
  });

  it('closes such a connection of a Unix socket too', async () => {
    const { path = '', failed } = await serveTls(5, 100, 'door.sock');
    const socket = connect(path).on('error', () => {});
    await once(socket, 'connect');
    await closed(socket);
    expect(failed).toMatchObject([{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
  });

  it('refuses to repeat a handshake', async () => {
    const { port } = await serveTls(5, 60_000);
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const;
    const socket = connectTls(options).on('error', () => {});
    closing.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    const refused = new Promise((resolve) => socket.once('error', resolve));
    socket.renegotiate({ rejectUnauthorized: false }, () => {});
    // The client looks at the alert when it has something to do.
    const busy = setInterval(() => socket.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n'), 20);
    closing.push(() => clearInterval(busy));
    expect(await refused).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
  });
});
