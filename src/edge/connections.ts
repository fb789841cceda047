import type { Server, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DEFAULT_MAX_CONNECTIONS, type Listener } from '../config/config.ts';
import { isTlsServer } from '../lib/node-tls.ts';

/** Why a door ends connections, if only because it has too many of them. */
const FULL: readonly EndCause[] = ['full'];

/** How long clients have to close their connections once no call is running. */
const GOODBYE_MS = 500;
const LOOK_AGAIN_MS = 20;

/**
 * Why a door closed a connection: it had `maxConnections` when another one came (`full`), or its client did not begin to speak
 * HTTP/2 (`silent`).
 */
export type EndCause = 'full' | 'silent';

/** Told of the connections of a door. */
export interface ConnectionObserver {
  /**
   * A door is about to open.
   *
   * @param state read when metrics are scraped.
   * @param causes for which the door ends connections.
   */
  doorOpened(door: string, state: { readonly open: number; readonly limit: number }, causes: readonly EndCause[]): void;
  /** @param client of the connection that came, or that was silent. */
  connectionEnded(door: string, cause: EndCause, client: string | undefined): void;
}

export interface ConnectionsParts {
  /** Its key under `listen`. */
  readonly door: string;
  readonly listener: Pick<Listener, 'maxConnections'>;
  readonly observer: ConnectionObserver;
  /**
   * Closes one of the connections that were handed over and make no calls. Returns false if there is none. By default such
   * connections stay.
   */
  readonly closeIdle?: () => boolean;
}

/**
 * The open connections of a door and the number of calls that are running. Node's servers wait for connections that
 * they do not list: those in a TLS handshake and those that never sent a request.
 *
 * A door that has `maxConnections` closes one for each that comes: the one that has been open for the longest without any
 * call, else the one whose last call is the longest ago, else the new one. So clients that only connect keep no others out.
 */
export class Connections {
  private readonly parts: ConnectionsParts;
  private readonly sockets = new Set<Socket>();
  /** Those without a call so far, and those between two calls; the first has been so for the longest. */
  private readonly unused = new Set<Socket>();
  private readonly waiting = new Set<Socket>();
  /** Those in a TLS handshake, by the client's address and port. */
  private readonly inHandshake = new Map<string, Socket>();
  private running = 0;
  /** The most connections. */
  limit: number;

  /** @param causes for which the door ends connections. */
  constructor(parts: ConnectionsParts, causes = FULL) {
    this.parts = parts;
    this.limit = limitOf(parts.listener);
    parts.observer.doorOpened(parts.door, this, causes);
  }

  get open(): number {
    return this.sockets.size;
  }

  /** Takes another `maxConnections`, for the connections that come from now on. */
  reconfigure(listener: Pick<Listener, 'maxConnections'>): void {
    this.limit = limitOf(listener);
  }

  /** Tracks every new connection of this server. Call it before the server has other listeners that use the sockets. */
  add(server: Server): void {
    const hasTls = isTlsServer(server);
    server.on('connection', (socket: Socket) => this.opened(socket, hasTls));
    if (hasTls) server.on('secureConnection', (socket) => this.secured(socket));
  }

  /** Another part knows from now on whether this connection makes calls. */
  handOver(socket: Socket): void {
    this.unused.delete(socket);
  }

  /** @param socket the connection of the call, unless it was handed over. */
  begin(socket?: Socket): void {
    this.running += 1;
    if (socket === undefined) return;
    this.unused.delete(socket);
    this.waiting.delete(socket);
  }

  end(socket?: Socket): void {
    this.running -= 1;
    if (socket?.destroyed === false) this.waiting.add(socket);
  }

  /**
   * Resolves once no connection is left. Cuts those that are still open half a second after the last call has ended,
   * and all of them after `limitMs`. Stop listening and ask the clients to close their connections before you call it.
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

  private opened(socket: Socket, hasTls: boolean): void {
    const { remoteAddress: client } = socket;
    const name = hasTls ? nameOf(socket) : undefined;
    this.sockets.add(socket);
    // A client of a Unix socket has no address by which its connection could be found again after the handshake.
    if (!hasTls || name !== undefined) this.unused.add(socket);
    if (name !== undefined) this.inHandshake.set(name, socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.unused.delete(socket);
      this.waiting.delete(socket);
      if (name !== undefined) this.inHandshake.delete(name);
    });
    if (this.sockets.size <= this.limit) return;
    this.parts.observer.connectionEnded(this.parts.door, 'full', client);
    this.makeRoom(socket);
  }

  /** From now on the connection is known by its TLS socket. */
  private secured(socket: Socket): void {
    const name = nameOf(socket);
    const before = name === undefined ? undefined : this.inHandshake.get(name);
    if (before !== undefined) this.unused.delete(before);
    if (name !== undefined) this.inHandshake.delete(name);
    if (socket.destroyed) return;
    this.unused.add(socket);
    socket.once('close', () => {
      this.unused.delete(socket);
      this.waiting.delete(socket);
    });
  }

  private makeRoom(newcomer: Socket): void {
    const [longest = newcomer] = this.unused;
    const [waiting] = this.waiting;
    const victim = longest === newcomer ? waiting : longest;
    if (victim === undefined) {
      if (this.parts.closeIdle?.() !== true) newcomer.destroy();
      return;
    }
    this.unused.delete(victim);
    this.waiting.delete(victim);
    victim.destroy();
  }
}

function limitOf({ maxConnections }: Pick<Listener, 'maxConnections'>): number {
  return maxConnections ?? DEFAULT_MAX_CONNECTIONS;
}

function nameOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
