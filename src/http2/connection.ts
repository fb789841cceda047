import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Calls } from './calls.ts';
import { SettingId } from './frames/client-settings.ts';
import { writeGoaway, writePing, writeSettings, writeWindowUpdate } from './frames/control-frames.ts';
import { ErrorCode, LARGEST } from './frames/frame-format.ts';
import { FrameReader } from './frames/frame-reader.ts';
import type { ReplyTemplates } from './grpc/reply-templates.ts';
import { CONNECTION_WINDOW, Inbound } from './inbound.ts';
import type { Http2Limits, LimitName } from './limits.ts';
import type { DrainCause, Http2Observer } from './observer.ts';
import { Output, type SharedBuffer } from './output.ts';
import { Requests, STREAM_WINDOW } from './requests.ts';
import { Sender } from './sender.ts';
import { StreamTable } from './stream-table.ts';
import type { UnaryMethod } from './unary.ts';

/** The window that a client has without being told. RFC 9113, section 6.9.2. */
const INITIAL_WINDOW = 65_535;

/** What the PING between the two GOAWAY frames carries. */
const DRAIN_PING = Buffer.from('draining');
/** Milliseconds that the client has to acknowledge it. */
const DRAIN_PING_MS = 1000;
/** Milliseconds that a client has to close a connection that this side has ended. */
const LINGER_MS = 1000;

/** What the connections of a server share. */
export interface ConnectionParts {
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Http2Observer;
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
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #socket: Duplex;
  readonly #onClosed: (connection: Connection) => void;
  readonly #streams = new StreamTable();
  readonly #output: Output;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #inbound: Inbound;
  readonly #reader: FrameReader;
  readonly #openedAt: number;
  #now: number;
  #isReading = true;
  #willFlush = false;
  #isPaused = false;
  /** When the client was asked to leave; 0 before that. */
  #drainingSince = 0;
  /** When a connection that this side has ended is destroyed. */
  #destroyAt = Number.POSITIVE_INFINITY;
  /** What the last sweep saw that should move, and since when it does not. */
  #seenFrame = 0;
  #frameSince = 0;
  #seenBacklog = 0;
  #backlogSince = 0;

  constructor(socket: Duplex, parts: ConnectionParts, onClosed: (connection: Connection) => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#now = this.#openedAt = parts.clock();
    this.#output = new Output(parts.shared, socket);
    const sender = new Sender(this.#output, parts.templates);
    const floor = {
      ...parts,
      output: this.#output,
      sender,
      streams: this.#streams,
      now: () => this.#now,
      isReading: () => this.#isReading,
      fail: (code: ErrorCode, detail: string) => this.#fail(code, detail),
      exceed: (limit: LimitName) => this.#exceed(limit),
      broken: (error: unknown) => this.#broken(error),
      streamError: (id: number, code: ErrorCode) => this.#inbound.streamError(id, code),
      flushSoon: () => this.#flushSoon(),
      idsRunOut: () => this.drain('stream ids'),
      pingAcknowledged: (data: Buffer) => this.#pingAcknowledged(data),
    };
    this.#calls = new Calls(floor);
    this.#requests = new Requests({ ...floor, calls: this.#calls });
    this.#inbound = new Inbound({ ...floor, calls: this.#calls, requests: this.#requests });
    this.#reader = new FrameReader(this.#inbound);
    this.#begin();
  }

  /** Asks the client to leave: further calls belong on another connection, those that it has made are served. Section 6.8. */
  drain(cause: DrainCause): void {
    if (this.#drainingSince !== 0 || !this.#isReading) return;
    this.#drainingSince = this.#parts.clock();
    this.#parts.observer.draining(cause);
    writeGoaway(this.#output, LARGEST, ErrorCode.NO_ERROR, '');
    writePing(this.#output, 0, DRAIN_PING);
    this.#flushSoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends what takes longer than the limits permit. Called some times in each second. */
  sweep(): void {
    try {
      this.#now = this.#parts.clock();
      this.#sweep(this.#now);
      this.#settle();
    } catch (error) {
      this.#broken(error);
    }
  }

  #begin(): void {
    const { limits } = this.#parts;
    writeSettings(this.#output, [
      [SettingId.HEADER_TABLE_SIZE, limits.headerTableBytes],
      [SettingId.MAX_CONCURRENT_STREAMS, limits.concurrentStreams],
      [SettingId.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [SettingId.MAX_HEADER_LIST_SIZE, limits.headerListBytes],
    ]);
    writeWindowUpdate(this.#output, 0, CONNECTION_WINDOW - INITIAL_WINDOW);
    this.#output.flush();
    const read = (bytes: Buffer): void => this.#read(bytes);
    // A stream in memory can pass bytes while its other end is within a write: an answer would reach that end too early.
    this.#socket
      .on('data', this.#socket instanceof Socket ? read : (bytes: Buffer) => process.nextTick(read, bytes))
      .once('end', () => this.#end())
      .on('error', () => {})
      .once('close', () => this.#closed());
  }

  #read(bytes: Buffer): void {
    if (!this.#isReading) return;
    try {
      this.#now = this.#parts.clock();
      this.#reader.read(bytes);
      this.#settle();
    } catch (error) {
      this.#broken(error);
    }
  }

  #flushSoon(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    process.nextTick(flush, this);
  }

  /** For what was composed outside {@link #read}: replies that were promised leave together. */
  flush(): void {
    this.#willFlush = false;
    try {
      this.#settle();
    } catch (error) {
      this.#broken(error);
    }
  }

  /** Ends a turn: writes what is composed, all at once. */
  #settle(): void {
    if (this.#inbound.mayResume) {
      this.#inbound.mayResume = false;
      this.#calls.resume(this.#now);
    }
    this.#output.flush();
    if (this.#requests.areOver && this.#streams.size === 0) this.#end();
    if (this.#output.backlog > this.#parts.limits.outputBytes) this.#pause();
  }

  /** A client that does not read gets no more work done. */
  #pause(): void {
    // Without a need to drain there is no event that would end the pause.
    if (this.#isPaused || !this.#socket.writableNeedDrain) return;
    this.#isPaused = true;
    this.#parts.observer.limitReached('outputBytes');
    this.#socket.pause().once('drain', () => {
      this.#isPaused = false;
      this.#socket.resume();
    });
  }

  #sweep(now: number): void {
    const { requestMs, sendMs, prefaceMs } = this.#parts.limits;
    const { block, hasSettings } = this.#inbound;
    if (!this.#isReading) {
      if (now >= this.#destroyAt) this.#socket.destroy();
      return;
    }
    this.#look(now);
    if (!hasSettings && now - this.#openedAt > prefaceMs) this.#exceed('prefaceMs');
    else if (block.id !== 0 && now - block.startedAt > requestMs) this.#exceed('requestMs');
    else if (now - this.#frameSince > requestMs) this.#exceed('requestMs');
    else if (now - this.#backlogSince > sendMs) this.#exceed('sendMs');
    else {
      this.#calls.sweep(now);
      this.#sweepAge(now);
    }
  }

  /** Looks whether what should move has moved since the last sweep: an incomplete frame, and what the client should read. */
  #look(now: number): void {
    if (!this.#reader.isInFrame || this.#reader.cuts !== this.#seenFrame) {
      this.#seenFrame = this.#reader.cuts;
      this.#frameSince = now;
    }
    const { backlog } = this.#output;
    if (backlog === 0 || backlog !== this.#seenBacklog) {
      this.#seenBacklog = backlog;
      this.#backlogSince = now;
    }
  }

  #sweepAge(now: number): void {
    if (this.#drainingSince === 0) {
      if (now - this.#openedAt > this.#parts.maxAgeMs) this.drain('age');
      return;
    }
    const drainingMs = now - this.#drainingSince;
    if (drainingMs > this.#parts.graceMs) this.#socket.destroy();
    else if (drainingMs > DRAIN_PING_MS) this.#nameLastStream();
  }

  #pingAcknowledged(data: Buffer): void {
    if (this.#drainingSince !== 0 && data.equals(DRAIN_PING)) this.#nameLastStream();
  }

  /** The client has read the first GOAWAY, and all that it sent before is here. Section 6.8. */
  #nameLastStream(): void {
    if (this.#requests.areOver) return;
    this.#requests.areOver = true;
    writeGoaway(this.#output, this.#streams.lastId, ErrorCode.NO_ERROR, '');
  }

  #fail(code: ErrorCode, detail: string): void {
    if (!this.#isReading) return;
    this.#parts.observer.protocolError(code, detail);
    this.#leave(code, detail);
  }

  #exceed(limit: LimitName): void {
    if (!this.#isReading) return;
    this.#parts.observer.limitReached(limit);
    this.#leave(ErrorCode.ENHANCE_YOUR_CALM, limit);
  }

  #broken(error: unknown): void {
    this.#parts.observer.broken(error);
    if (this.#isReading) this.#leave(ErrorCode.INTERNAL_ERROR, '');
  }

  /** RFC 9113, section 5.4.1. */
  #leave(code: ErrorCode, detail: string): void {
    writeGoaway(this.#output, this.#streams.lastId, code, detail);
    this.#output.flush();
    this.#end();
  }

  /** Ends the connection. What the client still sends is read and ignored, or it might lose what was written. */
  #end(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#destroyAt = this.#parts.clock() + LINGER_MS;
    for (const stream of this.#streams) this.#calls.close(stream);
    this.#socket.end();
    this.#socket.resume();
  }

  #closed(): void {
    this.#end();
    this.#parts.observer.closed();
    this.#onClosed(this);
  }
}

function flush(connection: Connection): void {
  connection.flush();
}
