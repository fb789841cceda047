import type { Duplex } from 'node:stream';
import { Calls } from './calls.ts';
import { FrameType, INITIAL_WINDOW, settingsPayload, words } from './frames/frame-format.ts';
import { FrameReader } from './frames/frame-reader.ts';
import { CONNECTION_WINDOW, Inbound } from './inbound.ts';
import { type ConnectionParts, Link } from './link.ts';
import type { DrainCause } from './observer.ts';
import { Requests } from './requests.ts';
import { readFrom } from './shared-reads.ts';
import { STREAM_WINDOW } from './stream.ts';

/** Milliseconds for what only a client can delay at the end: to acknowledge a PING, to end a request, to disconnect. */
const FAREWELL_MS = 1000;

/** A connection that has sent so much waits for the next turn of the event loop, after what others have sent: some 50 checks. */
const TURN_BYTES = 65_536;
/** Milliseconds; longer than any connection lasts. */
const NEVER_MS = 2 ** 40;

/** The server's side of one connection of HTTP/2. RFC 9113. */
export class Connection {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #inbound: Inbound;
  readonly #reader: FrameReader;
  readonly #openedAt: number;
  #readInTurn = 0;
  /** What the last sweep saw that should move, and since when it does not. */
  #seenCut = 0;
  #frameSince = 0;
  #seenBacklog = 0;
  #backlogSince = 0;
  #seenCalls = 0;
  #calledAt = 0;

  constructor(accepted: Duplex, parts: ConnectionParts, onClosed: (connection: Connection) => void) {
    const socket = readFrom(accepted, (bytes) => this.#read(bytes));
    this.#link = new Link(socket, parts);
    this.#openedAt = this.#link.now;
    this.#calls = new Calls(this.#link);
    this.#requests = new Requests(this.#link, this.#calls);
    this.#inbound = new Inbound(this.#link, this.#calls, this.#requests);
    this.#reader = new FrameReader(this.#link, this.#inbound);
    socket.once('end', () => this.#link.end()).on('error', () => {});
    socket.once('close', () => {
      this.#link.end();
      this.#requests.forget();
      parts.observer.closed?.(this.#link.isDraining);
      onClosed(this);
    });
    this.#begin();
  }

  /**
   * When the client made its last call, at most a sweep too early; far in the past if it made none, and infinite once the
   * connection ends.
   */
  get lastUse(): number {
    const { isReading, streams, parts } = this.#link;
    if (!isReading) return Number.POSITIVE_INFINITY;
    if (streams.accepted === 0) return this.#openedAt - NEVER_MS;
    return streams.accepted === this.#seenCalls ? this.#calledAt : parts.clock();
  }

  /** What the client has not read, in bytes. */
  get backlog(): number {
    return this.#link.output.backlog;
  }

  drain(cause: DrainCause): void {
    this.#link.drain(cause);
  }

  /** Ends the connection at once, to make room for another. */
  dismiss(): void {
    this.#link.dismiss();
  }

  destroy(): void {
    this.#link.socket.destroy();
  }

  /** Ends what takes longer than the limits permit. Called some times in each second. */
  sweep(): void {
    const { isReading, endedAt, parts } = this.#link;
    if (isReading) this.#link.turn(() => this.#sweep(this.#link.now));
    else if (parts.clock() - endedAt > FAREWELL_MS) this.destroy();
  }

  /** RFC 9113, section 3.4. */
  #begin(): void {
    const { headerTableBytes, concurrentStreams, headerListBytes } = this.#link.parts.limits;
    const settings = settingsPayload(headerTableBytes, concurrentStreams, STREAM_WINDOW, headerListBytes);
    this.#link.output.frame(FrameType.SETTINGS, 0, 0, settings);
    this.#link.output.frame(FrameType.WINDOW_UPDATE, 0, 0, words(CONNECTION_WINDOW - INITIAL_WINDOW));
    this.#link.output.flush();
  }

  #read(bytes: Buffer): void {
    this.#link.turn(() => {
      this.#reader.read(bytes);
      this.#inbound.resume();
    });
    this.#readInTurn += bytes.length;
    if (this.#readInTurn < TURN_BYTES) return;
    this.#readInTurn = 0;
    this.#link.yieldTurn();
  }

  #sweep(now: number): void {
    const { parts, areCallsOver, drainingSince } = this.#link;
    const { requestMs, sendMs, prefaceMs } = parts.limits;
    this.#look(now);
    const unfinishedSince = Math.min(this.#frameSince, this.#requests.blockSince);
    if (!this.#inbound.hasSettings && now - this.#openedAt > prefaceMs) this.#link.exceed('prefaceMs');
    else if (now - this.#backlogSince > sendMs) this.#link.exceed('sendMs');
    else if (now - unfinishedSince > requestMs) this.#link.exceed('requestMs');
    else {
      this.#calls.sweep(areCallsOver ? Math.min(requestMs, FAREWELL_MS) : requestMs);
      if (now - this.#openedAt > parts.maxAgeMs) this.drain('age');
      if (now - drainingSince > FAREWELL_MS) this.#link.nameLastStream();
      if (now - drainingSince > parts.graceMs) this.destroy();
    }
  }

  /** Looks what has moved since the last sweep: an incomplete frame, what the client should read, and calls. */
  #look(now: number): void {
    const { cuts, isInFrame } = this.#reader;
    const { backlog } = this.#link.output;
    const { accepted } = this.#link.streams;
    if (!isInFrame || cuts !== this.#seenCut || this.#link.isPaused) this.#frameSince = now;
    if (backlog === 0 || backlog !== this.#seenBacklog) this.#backlogSince = now;
    this.#seenCut = cuts;
    this.#seenBacklog = backlog;
    if (accepted !== this.#seenCalls) this.#calledAt = now;
    this.#seenCalls = accepted;
  }
}
