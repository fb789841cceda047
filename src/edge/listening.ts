import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import type { Listener, ListenerTls } from '../config/config.ts';
import { removeDeadSocket } from './dead-socket.ts';

/** How long clients have to close their side once nothing runs any more. */
const GOODBYE_MS = 500;
const LOOK_AGAIN_MS = 20;

/** Told of a client that did not get as far as to a request. */
export interface HandshakeObserver {
  /** @param door its key under `listen`. */
  handshakeFailed(door: string, client: string | undefined, error: unknown): void;
}

/** The TLS options of a server. Without `clientCa` it asks for no certificate. */
export function tlsOptions(tls: ListenerTls) {
  return {
    ...secureContext(tls),
    ...(tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  };
}

function secureContext({ cert, key, clientCa }: ListenerTls) {
  return { cert, key: Buffer.from(key.reveal()), ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

/** Takes up a certificate for the connections from now on. Whether there is TLS, and client certificates, stays. */
export function renewCertificate(server: Server, tls: ListenerTls | undefined): void {
  if (tls !== undefined && server instanceof TlsServer) server.setSecureContext(secureContext(tls));
}

/** Tells of every TLS handshake that fails, unless the client sent nothing: that is how load balancers look for a port. */
export function watchHandshakes(server: Server, door: string, observer: HandshakeObserver): void {
  if (!(server instanceof TlsServer)) return;
  const underWay = new Set<string>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    const name = peerOf(socket);
    underWay.add(name);
    socket.once('close', () => {
      const isOver = !underWay.delete(name) || socket.bytesRead === 0;
      if (!isOver) observer.handshakeFailed(door, remoteAddress, new Error('the client went away'));
    });
  });
  server.on('secureConnection', (socket) => underWay.delete(peerOf(socket)));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // Of a client that goes away this says less than the end of its connection does.
    if (error.code === 'ECONNRESET') return;
    underWay.delete(peerOf(socket));
    observer.handshakeFailed(door, socket.remoteAddress, error);
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * Listens, and resolves to `host:port` or `unix:/path`, as bound.
 * Rejects where it cannot, with the door's key and the address.
 * @param start is `server.listen` unless a framework has its own.
 */
export async function listen(
  server: Server,
  door: string,
  { address }: Pick<Listener, 'address'>,
  // A copy: Node writes into what it is given.
  start = async (): Promise<unknown> => once(server.listen({ ...address }), 'listening'),
): Promise<string> {
  if ('path' in address) await removeDeadSocket(address.path);
  await start().catch((cause: unknown) => {
    throw cannotListen(door, address, cause);
  });
  const bound = server.address();
  const isPort = typeof bound === 'object' && bound !== null && !('path' in address);
  return writtenAs(isPort ? { ...address, port: bound.port } : address);
}

/** The error of a door that does not open, with its key and its address. */
export function cannotListen(door: string, address: Listener['address'], cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`listen.${door}: cannot listen on ${writtenAs(address)}: ${message}`, { cause });
}

function writtenAs(address: Listener['address']): string {
  return 'path' in address ? `unix:${address.path}` : joinHostPort(address.host, address.port);
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The connections of a door and the number of calls that run on them. Node itself knows neither the connections whose
 * TLS handshake has not ended nor those on which nothing was ever asked, and its servers wait for both.
 */
export class Connections {
  private readonly sockets = new Set<Socket>();
  private running = 0;

  /** Every connection of this server from now on. */
  add(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  begin(): void {
    this.running += 1;
  }

  end(): void {
    this.running -= 1;
  }

  /**
   * Resolves once no connection is left. Those that stay open are cut half a second after the last call has ended, and
   * all of them after `limitMs`. Whoever calls it has stopped to listen and has asked the clients to go.
   */
  async close(limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs;
    let quietSinceMs = performance.now();
    while (this.sockets.size > 0) {
      const nowMs = performance.now();
      if (this.running > 0) quietSinceMs = nowMs;
      if (nowMs >= endMs || nowMs - quietSinceMs >= GOODBYE_MS) break;
      await wait(LOOK_AGAIN_MS);
    }
    for (const socket of this.sockets) socket.destroy();
  }
}
