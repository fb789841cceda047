import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
let client: Socket;
let received: string;

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  // A listening TCP server has an address of this form.
  proxy = await startProxy((echo.address() as AddressInfo).port);
  client = await connected();
  received = '';
  client.on('data', (bytes) => (received += bytes.toString()));
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  echo.close();
});

async function connected(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function echoed(socket: Socket): Promise<string> {
  socket.write('hello');
  const [bytes] = await once(socket, 'data');
  return String(bytes);
}

describe('TcpProxy', () => {
  it('delay() preserves the order of bytes, also when the delay ends', async () => {
    proxy.delay(200);
    client.write('first ');
    await wait(50);
    proxy.delay(0);
    client.write('second');
    await expect.poll(() => received).toBe('first second');
  });

  it('delayRequests() delays what a client sends', async () => {
    proxy.delayRequests(150);
    const sentMs = performance.now();
    expect(await echoed(client)).toBe('hello');
    expect(performance.now() - sentMs).toBeGreaterThanOrEqual(140);
  });

  it('swallow() and heal() leave existing connections half-open, and new ones work', async () => {
    expect(await echoed(client)).toBe('hello');
    proxy.swallow();
    proxy.heal();
    client.write(' again');
    const other = await connected();
    expect(await echoed(other)).toBe('hello');
    other.destroy();
    expect(received).toBe('hello');
    expect(client.destroyed).toBe(false);
  });

  it('reset() resets existing connections', async () => {
    expect(await echoed(client)).toBe('hello');
    const closed = once(client, 'close');
    proxy.reset();
    await expect(closed).rejects.toMatchObject({ code: 'ECONNRESET' });
    const other = await connected();
    expect(await echoed(other)).toBe('hello');
    other.destroy();
  });
});
