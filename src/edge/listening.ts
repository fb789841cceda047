import { constants } from 'node:crypto';
import { once } from 'node:events';
import { lstat, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { connect } from 'node:net';
import { DEFAULT_HANDSHAKE_MS, type Listener, type ListenerTls } from '../config/config.ts';
import { errorMessage } from '../lib/errors.ts';
import { isTlsServer } from '../lib/node-tls.ts';
import type { ConnectionObserver } from './connections.ts';

/** Told of the connections of a door. */
export interface HandshakeObserver extends ConnectionObserver {
  /** @param door its key under `listen`. */
  handshakeFailed(door: string, client: string | undefined, error: unknown): void;
}

/** Receives what goes wrong at a door. */
export interface DoorObserver extends HandshakeObserver {
  /** A part that the call needs did not answer, or there is a bug. @param call such as `POST /v1/login`. */
  callFailed(call: string, error: unknown): void;
}

/** The TLS options of a server. It requests client certificates only with `clientCa`. */
export function tlsOptions(tls: ListenerTls) {
  return {
    ...secureContext(tls),
    handshakeTimeout: tls.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_MS,
    ...(tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  };
}

function secureContext({ cert, key, clientCa }: ListenerTls) {
  return {
    cert,
    key: Buffer.from(key.reveal()),
    // A client can repeat a handshake at little cost to itself. RFC 9113, section 9.2.1, forbids it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}

/**
 * Returns a function that takes up other certificates for new connections. It does not switch TLS or client certificates
 * on or off: without a CA for clients the last one stays in force, because Node would then accept every public CA.
 *
 * @param opened the settings with which the servers were created.
 */
export function tlsRenewal(opened: Listener['tls'], servers: readonly Server[]): (tls: Listener['tls']) => void {
  let clientCa = opened?.clientCa;
  return (tls) => {
    if (tls === undefined) return;
    clientCa = tls.clientCa ?? clientCa;
    for (const server of servers) {
      if (isTlsServer(server)) server.setSecureContext(secureContext({ ...tls, clientCa }));
    }
  };
}

/** Reports every TLS handshake that fails, unless the client sent nothing: load balancers probe a port like that. */
export function watchHandshakes(server: Server, door: string, observer: HandshakeObserver): void {
  if (!isTlsServer(server)) return;
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
    // The end of the connection is reported instead; it says more about a client that went away.
    if (error.code === 'ECONNRESET') return;
    underWay.delete(peerOf(socket));
    observer.handshakeFailed(door, socket.remoteAddress, error);
    // Node reports it, and leaves the connection open.
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy();
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/**
 * Listens, and resolves to the bound address: `host:port`, `[host]:port` or `unix:/path`.
 * Rejects with the door's key and the address if it cannot.
 *
 * @param start listens; by default `server.listen`. A framework may have its own.
 */
export async function listen(
  server: Server,
  door: string,
  { address }: Pick<Listener, 'address'>,
  // A copy, because Node modifies the options.
  start = async (): Promise<unknown> => once(server.listen({ ...address }), 'listening'),
): Promise<string> {
  // In a worker, the primary process listens, and has removed it: another worker's live socket may be there by now.
  if ('path' in address && (await import('node:cluster')).default.isPrimary) await removeDeadSocket(address.path);
  await start().catch((cause: unknown) => {
    throw cannotListen(door, address, cause);
  });
  const bound = server.address();
  const isPort = typeof bound === 'object' && bound !== null && !('path' in address);
  return writtenAs(isPort ? { ...address, port: bound.port } : address);
}

/** The error of a door that cannot listen, with its key and its address. */
export function cannotListen(door: string, address: Listener['address'], cause: unknown): Error {
  const message = errorMessage(cause);
  return new Error(`listen.${door}: cannot listen on ${writtenAs(address)}: ${message}`, { cause });
}

function writtenAs(address: Listener['address']): string {
  return 'path' in address ? `unix:${address.path}` : joinHostPort(address.host, address.port);
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Removes the Unix socket that a killed process left behind, which would keep the door from listening. Leaves a socket
 * in use and any other file alone; listening on such a path then fails with an error.
 */
export async function removeDeadSocket(path: string): Promise<void> {
  const isSocket = await lstat(path).then(
    (entry) => entry.isSocket(),
    () => false,
  );
  if (isSocket && (await isDead(path))) await rm(path, { force: true });
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
