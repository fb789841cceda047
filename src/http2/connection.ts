import type { Duplex } from 'node:stream';
import { Calls } from './calls.ts';
import { SettingId } from './frames/client-settings.ts';
import { writeGoaway, writePing, writeSettings, writeWindowUpdate } from './frames/control-frames.ts';
import { ErrorCode, INITIAL_WINDOW, LARGEST } from './frames/frame-format.ts';
import { FrameReader } from './frames/frame-reader.ts';
import type { ReplyTemplates } from './grpc/reply-templates.ts';
import { CONNECTION_WINDOW, Inbound } from './inbound.ts';
import type { Http2Limits, LimitName } from './limits.ts';
import type { Link } from './link.ts';
import type { DrainCause, Http2Observer } from './observer.ts';
import { Output, type SharedBuffer } from './output.ts';
import { Requests } from './requests.ts';
import { Sender } from './sender.ts';
import { readFrom } from './shared-reads.ts';
import { STREAM_WINDOW } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import type { UnaryMethod } from './unary.ts';

/** What the PING between the two GOAWAY frames carries. */
const DRAIN_PING = Buffer.from('draining');

/** Milliseconds for what only a client can delay at the end: to acknowledge that PING, to end a request, to disconnect. */
const FAREWELL_MS = 1000;

/** What the connections of a server share. */
export interface ConnectionParts {
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Partial<Http2Observer>;
  readonly templates: ReplyTemplates;
  readonly shared: SharedBuffer;
  /** In milliseconds, and it never goes back. */
  readonly clock: () => number;
  /** How long the connection serves before its client is asked to leave, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long its calls may take after that, in milliseconds. */
  readonly graceMs: number;
}

/** The server's side of one connection of HTTP/2. RFC 9113. */
export class Connection implements Link {
  readonly #parts: ConnectionParts;
  readonly #socket: Duplex;
  readonly #onClosed: (connection: Connection) => void;
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Partial<Http2Observer>;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams = new StreamTable();
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #inbound: Inbound;
  readonly #reader: FrameReader;
  readonly #openedAt: number;
  now: number;
  isReading = true;
  #willFlush = false;
  #isPaused = false;
  /** When the client was asked to leave; infinite before that. */
  #drainingSince = Number.POSITIVE_INFINITY;
  /** When this side ended the connection. */
  #endedAt = 0;
  /** What the last sweep saw that should move, and since when it does not. */
  #seenCut = 0;
  #frameSince = 0;
  #seenBacklog = 0;
  #backlogSince = 0;

  constructor(socket: Duplex, parts: ConnectionParts, onClosed: (connection: Connection) => void) {
    this.#parts = parts;
    this.methods = parts.methods;
    this.limits = parts.limits;
    this.observer = parts.observer;
    this.#onClosed = onClosed;
    this.now = this.#openedAt = parts.clock();
    this.#socket = readFrom(socket, (bytes) => this.#turn(() => this.#reader.read(bytes)));
    this.output = new Output(parts.shared, this.#socket);
    this.sender = new Sender(this.output, parts.templates);
    this.#calls = new Calls(this);
    this.#requests = new Requests(this, this.#calls);
    this.#inbound = new Inbound(this, this.#calls, this.#requests);
    this.#reader = new FrameReader(this.#inbound);
    this.#begin();
  }

  /** Asks the client to leave: further calls belong on another connection, those that it has made are served. Section 6.8. */
  drain(cause: DrainCause): void {
    if (this.#drainingSince !== Number.POSITIVE_INFINITY || !this.isReading) return;
    this.#drainingSince = this.#parts.clock();
    this.observer.draining?.(cause);
    writeGoaway(this.output, LARGEST, ErrorCode.NO_ERROR, '');
    writePing(this.output, 0, DRAIN_PING);
    this.flushSoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what takes longer than the limits permit. Called some times in each second. */
  sweep(): void {
    if (this.isReading) this.#turn(() => this.#sweep(this.now));
    else if (this.#parts.clock() - this.#endedAt > FAREWELL_MS) this.destroy();
  }

  limitReached(limit: LimitName, isClosed = false): void {
    this.observer.limitReached?.(limit, this.#peer, isClosed);
  }

  exceed(limit: LimitName): void {
    if (!this.isReading) return;
    this.limitReached(limit, true);
    this.#leave(ErrorCode.ENHANCE_YOUR_CALM, limit);
  }

  fail(code: ErrorCode, detail: string): void {
    if (!this.isReading) return;
    this.observer.protocolError?.(code, detail, this.#peer);
    this.#leave(code, detail);
  }

  broken(error: unknown): void {
    this.observer.broken?.(error);
    this.#leave(ErrorCode.INTERNAL_ERROR, '');
  }

  streamError(id: number, code: ErrorCode): void {
    this.#inbound.streamError(id, code);
  }

  flushSoon(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    process.nextTick(flush, this);
  }

  /** Writes what was composed outside a turn: replies that were promised leave together. */
  flush(): void {
    this.#willFlush = false;
    this.#turn(() => {});
  }

  /** The client has read the first GOAWAY, and all that it sent before is here. Section 6.8. */
  pingAcknowledged(data: Buffer): void {
    if (data.equals(DRAIN_PING)) this.#nameLastStream();
  }

  get #peer(): string | undefined {
    return 'remoteAddress' in this.#socket ? String(this.#socket.remoteAddress) : undefined;
  }

  #begin(): void {
    const { headerTableBytes, concurrentStreams, headerListBytes } = this.limits;
    writeSettings(this.output, [
      [SettingId.HEADER_TABLE_SIZE, headerTableBytes],
      [SettingId.MAX_CONCURRENT_STREAMS, concurrentStreams],
      [SettingId.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [SettingId.MAX_HEADER_LIST_SIZE, headerListBytes],
    ]);
    writeWindowUpdate(this.output, 0, CONNECTION_WINDOW - INITIAL_WINDOW);
    this.output.flush();
    this.#socket.once('end', () => this.#end()).on('error', () => {});
    this.#socket.once('close', () => {
      this.#end();
      this.observer.closed?.();
      this.#onClosed(this);
    });
  }

  /** Does some work, and writes what it composes, all at once. A bug costs this connection alone. */
  #turn(work: () => void): void {
    if (!this.isReading) return;
    this.now = this.#parts.clock();
    try {
      work();
      if (this.#inbound.mayResume) {
        this.#inbound.mayResume = false;
        this.#calls.resume();
      }
      this.output.flush();
      if (this.#requests.areOver && this.streams.size === 0) this.#end();
      if (this.output.backlog > this.limits.outputBytes) this.#pause();
    } catch (error) {
      this.broken(error);
    }
  }

  /** A client that does not read gets no more work done. */
  #pause(): void {
    // Without a need to drain, no event would end the pause.
    if (this.#isPaused || !this.#socket.writableNeedDrain) return;
    this.#isPaused = true;
    this.limitReached('outputBytes');
    this.#socket.pause().once('drain', () => {
      this.#isPaused = false;
      this.#socket.resume();
    });
  }

  #sweep(now: number): void {
    const { requestMs, sendMs, prefaceMs } = this.limits;
    const { block, hasSettings } = this.#inbound;
    this.#look(now);
    if (!hasSettings && now - this.#openedAt > prefaceMs) this.exceed('prefaceMs');
    else if (now - this.#backlogSince > sendMs) this.exceed('sendMs');
    else if (now - (block.id === 0 ? this.#frameSince : block.startedAt) > requestMs) this.exceed('requestMs');
    else {
      this.#calls.sweep(now, this.#requests.areOver ? Math.min(requestMs, FAREWELL_MS) : requestMs);
      const drainingMs = now - this.#drainingSince;
      if (now - this.#openedAt > this.#parts.maxAgeMs) this.drain('age');
      if (drainingMs > FAREWELL_MS) this.#nameLastStream();
      if (drainingMs > this.#parts.graceMs) this.destroy();
    }
  }

  /** Looks whether what should move has moved since the last sweep: an incomplete frame, and what the client should read. */
  #look(now: number): void {
    const { cuts, isInFrame } = this.#reader;
    if (!isInFrame || cuts !== this.#seenCut || this.#isPaused) this.#frameSince = now;
    this.#seenCut = cuts;
    const { backlog } = this.output;
    if (backlog === 0 || backlog !== this.#seenBacklog) this.#backlogSince = now;
    this.#seenBacklog = backlog;
  }

  #nameLastStream(): void {
    if (this.#requests.areOver || this.#drainingSince === Number.POSITIVE_INFINITY) return;
    this.#requests.areOver = true;
    writeGoaway(this.output, this.streams.lastId, ErrorCode.NO_ERROR, '');
  }

  /** RFC 9113, section 5.4.1. */
  #leave(code: ErrorCode, detail: string): void {
    if (!this.isReading) return;
    writeGoaway(this.output, this.streams.lastId, code, detail);
    this.output.flush();
    this.#end();
  }

  /** Ends the connection. What the client still sends is read and ignored, or it might lose what was written. */
  #end(): void {
    if (!this.isReading) return;
    this.isReading = false;
    this.#endedAt = this.#parts.clock();
    for (const stream of this.streams) this.#calls.close(stream);
    this.#socket.end();
    this.#socket.resume();
  }
}

function flush(connection: Connection): void {
  connection.flush();
}
