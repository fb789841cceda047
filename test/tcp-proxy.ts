import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';

/** A way to a port of the loopback address that can break. */
export interface TcpProxy {
  readonly port: number;
  /** From now on it takes connections and bytes, and gives nothing back: a black hole. */
  swallow(): void;
  /** Connections that are made from now on work; those that were swallowed stay so. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a proxy to a port; with `tls` it speaks TLS to its clients, and plain TCP to the port. */
export async function startProxy(target: number, tls?: TlsOptions): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  let isHole = false;
  const serve = (client: Socket): void => {
    client.on('error', () => undefined);
    if (isHole) {
      client.resume();
      return;
    }
    const upstream = connect(target, '127.0.0.1').on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.once('close', () => {
      pairs.delete(pair);
      upstream.destroy();
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  // A client that trusts nobody ends the hand-shake.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const swallow = (): void => {
    isHole = true;
    for (const [client, upstream] of pairs) {
      client.unpipe(upstream).resume();
      upstream.unpipe(client).resume();
    }
  };
  const close = async (): Promise<void> => {
    server.close();
    for (const [client] of pairs) client.destroy();
  };
  // A TCP server that listens has an address of this form.
  return { port: (server.address() as AddressInfo).port, swallow, heal: () => (isHole = false), close };
}
