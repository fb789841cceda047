import type { Duplex } from 'node:stream';
import { Connection } from './connection.ts';
import { makeReplyTemplates } from './grpc/reply-templates.ts';
import { DEFAULT_LIMITS, type Http2Limits } from './limits.ts';
import type { ConnectionParts } from './link.ts';
import type { Http2Observer } from './observer.ts';
import { SharedBuffer } from './output.ts';
import type { UnaryMethod } from './unary.ts';

/** Milliseconds from one sweep to the next: times that are limited end so much later. */
const SWEEP_MS = 250;

/** A tenth more or less, so that connections that were opened together do not end together. */
const AGE_JITTER = 0.1;

/** Milliseconds without a call after which a connection may be closed to make room. */
const SHORTEST_IDLE_MS = 1000;

export interface UnaryServerOptions {
  /** By path, such as `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits?: Partial<Http2Limits>;
  readonly observer?: Partial<Http2Observer>;
  /** Milliseconds after which the client of a connection is asked to open another, more or less a tenth. By default never. */
  readonly maxConnectionAgeMs?: number;
  /** Milliseconds that calls may take after their client was asked to leave. By default 30,000. */
  readonly graceMs?: number;
  /** Milliseconds on a clock that never goes back. By default `performance.now`. */
  readonly clock?: () => number;
}

/** A server of gRPC's unary calls over HTTP/2, on connections that its owner accepts: TCP, TLS with the protocol h2, a Unix socket. */
export class UnaryServer {
  readonly #floor: Pick<
    ConnectionParts,
    'methods' | 'observer' | 'templates' | 'shared' | 'kept' | 'clock' | 'graceMs'
  >;
  readonly #connections = new Set<Connection>();
  #limits: Http2Limits;
  #maxAgeMs: number;
  #timer: NodeJS.Timeout | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: UnaryServerOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#maxAgeMs = options.maxConnectionAgeMs ?? Number.POSITIVE_INFINITY;
    this.#floor = {
      methods: options.methods,
      observer: options.observer ?? {},
      templates: makeReplyTemplates(),
      shared: new SharedBuffer(),
      kept: { held: 0, unread: 0 },
      clock: options.clock ?? (() => performance.now()),
      graceMs: options.graceMs ?? 30_000,
    };
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Takes other limits and another age, for connections from now on. */
  reconfigure({ limits, maxConnectionAgeMs }: Pick<UnaryServerOptions, 'limits' | 'maxConnectionAgeMs'>): void {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#maxAgeMs = maxConnectionAgeMs ?? Number.POSITIVE_INFINITY;
  }

  /** Serves a connection until it is closed. Call it before anything is read of the socket. */
  serve(socket: Duplex, observer = this.#floor.observer): void {
    const maxAgeMs = this.#maxAgeMs * (1 + AGE_JITTER * (2 * Math.random() - 1));
    const parts = { ...this.#floor, observer, limits: this.#limits, maxAgeMs };
    observer.opened?.();
    this.#connections.add(new Connection(socket, parts, (closed) => this.#closed(closed)));
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    if (this.#whenEmpty !== undefined) this.drain();
  }

  /**
   * Closes the connection whose client has made no call for the longest time, and for a second at least, those first that never
   * made one. Returns false if there is none.
   */
  closeIdle(): boolean {
    let idlest: Connection | undefined;
    let lastUse = this.#floor.clock() - SHORTEST_IDLE_MS;
    for (const connection of this.#connections) {
      if (connection.lastUse >= lastUse) continue;
      idlest = connection;
      lastUse = connection.lastUse;
    }
    idlest?.dismiss();
    return idlest !== undefined;
  }

  /** Asks all clients to leave. Their calls are served for `graceMs`, then their connections are destroyed. */
  drain(): void {
    for (const connection of this.#connections) connection.drain('close');
  }

  /** Asks all clients to leave, and resolves when their connections are closed: after `limitMs` they are destroyed. */
  async close(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    this.drain();
    if (this.#connections.size === 0) return;
    const limit = setTimeout(() => this.#destroy(), limitMs);
    await promise;
    clearTimeout(limit);
  }

  #destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #sweep(): void {
    let unread = 0;
    for (const connection of this.#connections) {
      connection.sweep();
      unread += connection.backlog;
    }
    this.#floor.kept.unread = unread;
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#whenEmpty?.();
  }
}
