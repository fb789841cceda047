import type { Duplex } from 'node:stream';
import { ErrorCode, FrameType, LARGEST, words } from './frames/frame-format.ts';
import type { ReplyTemplates } from './grpc/reply-templates.ts';
import { FAIR_SHARE, type Http2Limits, type LimitName } from './limits.ts';
import type { DrainCause, Http2Observer } from './observer.ts';
import { Output, type SharedBuffer } from './output.ts';
import { Sender } from './sender.ts';
import { type Kept, StreamTable } from './stream-table.ts';
import type { UnaryMethod } from './unary.ts';

/** What the PING between the two GOAWAY frames carries. */
const DRAIN_PING = Buffer.from('draining');

/** What the connections of a server share. */
export interface ConnectionParts {
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Partial<Http2Observer>;
  readonly templates: ReplyTemplates;
  readonly shared: SharedBuffer;
  readonly kept: Kept;
  /** In milliseconds, and it never goes back. */
  readonly clock: () => number;
  /** How long the connection serves before its client is asked to leave, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long its calls may take after that, in milliseconds. */
  readonly graceMs: number;
}

/** What the parts of a connection have in common: its state, its turns, and its end. */
export class Link {
  readonly parts: ConnectionParts;
  readonly socket: Duplex;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  #laterWork: (() => void)[] = [];
  /** When the current turn began, in milliseconds. */
  now: number;
  /** Whether frames of the client still count. */
  isReading = true;
  isPaused = false;
  /** When the client was asked to leave; infinite before that. */
  drainingSince = Number.POSITIVE_INFINITY;
  /** Whether the client knows which of its streams are the last: further ones are ignored. RFC 9113, section 6.8. */
  areCallsOver = false;
  /** When this side ended the connection. */
  endedAt = 0;

  constructor(socket: Duplex, parts: ConnectionParts) {
    this.parts = parts;
    this.socket = socket;
    this.streams = new StreamTable(parts.kept);
    this.output = new Output(parts.shared, socket);
    this.sender = new Sender(this.output, parts.templates);
    this.now = parts.clock();
  }

  /** Does some work, and writes what it composes, all at once. A bug costs this connection alone. */
  turn(work: () => void): void {
    if (!this.isReading) return;
    this.now = this.parts.clock();
    try {
      work();
      this.output.flush();
      if (this.areCallsOver && this.streams.size === 0) this.end();
      const { backlog } = this.output;
      if (backlog > this.parts.limits.outputBytes) this.#pause('outputBytes');
      else if (backlog > FAIR_SHARE && this.isCrowded) this.#pause('totalHeldBytes');
    } catch (error) {
      this.parts.observer.broken?.(error);
      this.#leave(ErrorCode.INTERNAL_ERROR, '');
    }
  }

  /** Does some work in a turn of its own, soon, and other such work with it: replies that were promised leave together. */
  later(work: () => void): void {
    if (this.#laterWork.push(work) > 1) return;
    process.nextTick(() => {
      const all = this.#laterWork;
      this.#laterWork = [];
      this.turn(() => all.forEach((each) => each()));
    });
  }

  get isDraining(): boolean {
    return this.drainingSince !== Number.POSITIVE_INFINITY;
  }

  /** Asks the client to leave: further calls belong on another connection, those that it has made are served. Section 6.8. */
  drain(cause: DrainCause): void {
    if (this.isDraining || !this.isReading) return;
    this.drainingSince = this.parts.clock();
    this.parts.observer.draining?.(cause);
    this.later(() => {
      this.#goaway(LARGEST, ErrorCode.NO_ERROR, '');
      this.output.frame(FrameType.PING, 0, 0, DRAIN_PING);
    });
  }

  /** The client has read the first GOAWAY, and all that it sent before is here. */
  pingAcknowledged(data: Buffer): void {
    if (this.isDraining && data.equals(DRAIN_PING)) this.nameLastStream();
  }

  nameLastStream(): void {
    if (!this.areCallsOver) this.#goaway(this.streams.lastId, ErrorCode.NO_ERROR, '');
    this.areCallsOver = true;
  }

  limitReached(limit: LimitName, isClosed = false): void {
    this.parts.observer.limitReached?.(limit, this.#peer, isClosed);
  }

  /** Closes the connection because of a limit. */
  exceed(limit: LimitName): void {
    if (this.isReading) this.limitReached(limit, true);
    this.#leave(ErrorCode.ENHANCE_YOUR_CALM, limit);
  }

  /** Closes the connection because of the client's mistake. Section 5.4.1. */
  fail(code: ErrorCode, detail: string): void {
    if (this.isReading) this.parts.observer.protocolError?.(code, detail, this.#peer);
    this.#leave(code, detail);
  }

  /** Ends a connection that makes no calls, to make room for another. A call that is on its way belongs on that one. */
  dismiss(): void {
    if (this.isReading) this.parts.observer.draining?.('full');
    this.#leave(ErrorCode.NO_ERROR, 'too many connections');
    // Does not wait until the client closes it too.
    this.socket.end(() => this.socket.destroy());
  }

  /** Ends the connection. What the client still sends is read and ignored, or it might lose what was written. */
  end(): void {
    if (!this.isReading) return;
    this.isReading = false;
    this.endedAt = this.parts.clock();
    for (const stream of this.streams) this.streams.close(stream);
    this.socket.end();
    this.socket.resume();
  }

  /**
   * Reads on in the next turn of the event loop. Node otherwise reads up to 2 MB of one connection before it looks at another:
   * a thousand calls, that is some milliseconds.
   */
  yieldTurn(): void {
    if (this.isPaused) return;
    this.socket.pause();
    setImmediate(() => {
      if (!this.isPaused) this.socket.resume();
    });
  }

  /** Whether all connections together keep too much. */
  get isCrowded(): boolean {
    const { kept, limits } = this.parts;
    return kept.held + kept.unread > limits.totalHeldBytes;
  }

  get #peer(): string | undefined {
    const { remoteAddress } = this.socket as { readonly remoteAddress?: unknown };
    return typeof remoteAddress === 'string' ? remoteAddress : undefined;
  }

  /** A client that does not read gets no more work done. */
  #pause(limit: LimitName): void {
    // Without a need to drain, no event would end the pause.
    if (this.isPaused || !this.socket.writableNeedDrain) return;
    this.isPaused = true;
    this.limitReached(limit);
    this.socket.pause().once('drain', () => {
      this.isPaused = false;
      this.socket.resume();
    });
  }

  #leave(code: ErrorCode, detail: string): void {
    if (!this.isReading) return;
    this.#goaway(this.streams.lastId, code, detail);
    this.output.flush();
    this.end();
  }

  #goaway(lastId: number, code: ErrorCode, detail: string): void {
    this.output.frame(FrameType.GOAWAY, 0, 0, Buffer.concat([words(lastId, code), Buffer.from(detail)]));
  }
}
