import type { Calls } from './calls.ts';
import { readSettings } from './frames/client-settings.ts';
import { writePing, writeRstStream, writeSettingsAck, writeWindowUpdate } from './frames/control-frames.ts';
import { ErrorCode, Flag, FrameType, readUint31 } from './frames/frame-format.ts';
import type { FrameSink } from './frames/frame-reader.ts';
import { HeaderBlock } from './frames/header-block.ts';
import { type BudgetName, Budgets, type Http2Limits, type LimitName } from './limits.ts';
import type { Output } from './output.ts';
import { type Requests, STREAM_WINDOW } from './requests.ts';
import type { Sender } from './sender.ts';
import type { StreamTable } from './stream-table.ts';

/** What the client may send on the connection before this side gives more. RFC 9113, section 6.9. */
export const CONNECTION_WINDOW = 1_048_576;

/** The payloads that have one length only. Section 6. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [FrameType.PRIORITY, 5],
  [FrameType.RST_STREAM, 4],
  [FrameType.PING, 8],
  [FrameType.WINDOW_UPDATE, 4],
]);

/** The bytes of a header block, as a multiple of the header list that it makes: a longer one cannot be of use. */
const MOST_BLOCK_LISTS = 4;

/** What the frames of a connection act on. */
export interface InboundParts {
  readonly limits: Http2Limits;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  readonly calls: Calls;
  readonly requests: Requests;
  readonly now: () => number;
  readonly isReading: () => boolean;
  /** Closes the connection because of the client's mistake. RFC 9113, section 5.4.1. */
  readonly fail: (code: ErrorCode, detail: string) => void;
  /** Closes the connection because of a limit. */
  readonly exceed: (limit: LimitName) => void;
  readonly pingAcknowledged: (data: Buffer) => void;
}

/** Acts on each frame that a client sends. RFC 9113, section 6. */
export class Inbound implements FrameSink {
  readonly #parts: InboundParts;
  readonly #budgets: Budgets;
  readonly block = new HeaderBlock();
  /** Whether the client's preface is complete: it ends with SETTINGS. Section 3.4. */
  hasSettings = false;
  #isAcknowledged = false;
  #window = CONNECTION_WINDOW;
  /** Whether a window of the client grew since the replies that wait were tried last. */
  mayResume = false;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#budgets = new Budgets(parts.limits);
  }

  isReading(): boolean {
    return this.#parts.isReading();
  }

  wrongPreface(): void {
    this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'not the connection preface of HTTP/2');
  }

  frameTooLong(): void {
    this.#parts.fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame is too long');
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (!this.hasSettings && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) {
      this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS');
    } else if (this.block.id !== 0 && (type !== FrameType.CONTINUATION || id !== this.block.id)) {
      this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block');
    } else if (type === FrameType.DATA || type === FrameType.HEADERS) {
      this.#padded(type, flags, id, bytes, start, end);
    } else {
      this.#other(type, flags, id, bytes, start, end);
    }
  }

  /** Resets a stream because of the client's mistake, also one that is closed. Section 5.4.2. */
  readonly streamError = (id: number, code: ErrorCode): void => {
    writeRstStream(this.#parts.output, id, code);
    const stream = this.#parts.streams.get(id);
    if (stream !== undefined) this.#parts.calls.close(stream);
    this.#take('resets');
  };

  /** Removes the padding. Sections 6.1 and 6.2. */
  #padded(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    let from = start;
    let to = end;
    if ((flags & Flag.PADDED) !== 0) {
      to -= bytes[start] ?? 0;
      from++;
    }
    if (start === end && from > start) this.#parts.fail(ErrorCode.FRAME_SIZE_ERROR, 'no length of the padding');
    else if (from > to) this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'more padding than payload');
    else if (type === FrameType.HEADERS) this.#headers(flags, id, bytes, from, to);
    else if (this.#parts.streams.isIdle(id)) this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'DATA on an idle stream');
    else if (this.#receive(end - start)) this.#data(flags, id, bytes, from, to, end - start);
  }

  /** Counts data against the connection's window, which opens again: what is kept is limited elsewhere. */
  #receive(length: number): boolean {
    this.#window -= length;
    if (this.#window < 0) {
      this.#parts.fail(ErrorCode.FLOW_CONTROL_ERROR, 'more data than the window of the connection');
      return false;
    }
    if (this.#window < CONNECTION_WINDOW / 2) {
      writeWindowUpdate(this.#parts.output, 0, CONNECTION_WINDOW - this.#window);
      this.#window = CONNECTION_WINDOW;
    }
    return true;
  }

  /** Section 6.1. `counted` includes the padding. */
  #data(flags: number, id: number, bytes: Buffer, start: number, end: number, counted: number): void {
    const isEnd = (flags & Flag.END_STREAM) !== 0;
    if (start === end && !isEnd && !this.#take('emptyData')) return;
    const stream = this.#parts.streams.get(id);
    if (stream === undefined || stream.hasEnded) {
      // What this side no longer wants can be on its way still. Section 5.1.
      if (stream !== undefined || this.#parts.streams.closureOf(id) !== 'left') {
        this.streamError(id, ErrorCode.STREAM_CLOSED);
      }
      return;
    }
    stream.receiveWindow -= counted;
    if (stream.receiveWindow < 0) {
      this.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    this.#parts.calls.data(stream, bytes, start, end, isEnd);
    if (!isEnd && !stream.isClosed && stream.receiveWindow < STREAM_WINDOW / 2) {
      writeWindowUpdate(this.#parts.output, id, STREAM_WINDOW - stream.receiveWindow);
      stream.receiveWindow = STREAM_WINDOW;
    }
  }

  /** Section 6.2. */
  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    let from = start;
    let isMalformed = false;
    if ((flags & Flag.PRIORITY) !== 0) {
      from += 5;
      isMalformed = readUint31(bytes, start) === id;
    }
    if (id % 2 === 0) this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'HEADERS on a stream that is no client’s');
    else if (from > end) this.#parts.fail(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS without its priority');
    else if ((flags & Flag.END_HEADERS) !== 0) this.#parts.requests.take(id, flags, isMalformed, bytes, from, end);
    else this.block.begin(id, flags, isMalformed, this.#parts.now(), bytes.subarray(from, end));
    if (this.block.id !== 0) this.#checkBlock();
  }

  #checkBlock(): void {
    const { continuations, headerListBytes } = this.#parts.limits;
    if (this.block.continuations > continuations) this.#parts.exceed('continuations');
    else if (this.block.bytes > MOST_BLOCK_LISTS * headerListBytes) this.#parts.exceed('headerListBytes');
  }

  /** Section 6.10. */
  #continuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const { block } = this;
    if (block.id === 0) {
      this.#parts.fail(ErrorCode.PROTOCOL_ERROR, 'CONTINUATION without HEADERS');
      return;
    }
    block.continue(bytes.subarray(start, end));
    this.#checkBlock();
    if ((flags & Flag.END_HEADERS) === 0 || !this.isReading()) return;
    const { id } = block;
    const whole = block.end();
    this.#parts.requests.take(id, block.flags, block.isMalformed, whole, 0, whole.length);
  }

  #other(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const { fail } = this.#parts;
    const isForConnection = type === FrameType.SETTINGS || type === FrameType.PING || type === FrameType.GOAWAY;
    const isForStream = type === FrameType.PRIORITY || type === FrameType.RST_STREAM;
    if ((isForConnection && id !== 0) || (isForStream && id === 0)) {
      fail(ErrorCode.PROTOCOL_ERROR, 'a frame on the wrong stream');
    } else if ((LENGTHS.get(type) ?? end - start) !== end - start) {
      if (type === FrameType.PRIORITY) this.streamError(id, ErrorCode.FRAME_SIZE_ERROR);
      else fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame with the wrong length');
    } else if (type === FrameType.WINDOW_UPDATE) this.#windowUpdate(id, readUint31(bytes, start));
    else if (type === FrameType.RST_STREAM) this.#rstStream(id);
    else if (type === FrameType.PING) this.#ping(flags, bytes.subarray(start, end));
    else if (type === FrameType.SETTINGS) this.#settings(flags, bytes, start, end);
    else if (type === FrameType.CONTINUATION) this.#continuation(flags, bytes, start, end);
    else if (type === FrameType.PUSH_PROMISE) fail(ErrorCode.PROTOCOL_ERROR, 'PUSH_PROMISE of a client');
    else if (type === FrameType.PRIORITY && readUint31(bytes, start) === id) {
      this.streamError(id, ErrorCode.PROTOCOL_ERROR);
    } else {
      // PRIORITY, GOAWAY, and types that are not known: sections 5.3.2, 6.8 and 5.5.
      this.#take('idleFrames');
    }
  }

  /** Section 6.4. */
  #rstStream(id: number): void {
    const { streams, calls, fail } = this.#parts;
    const stream = streams.get(id);
    if (streams.isIdle(id)) fail(ErrorCode.PROTOCOL_ERROR, 'RST_STREAM on an idle stream');
    else if (stream === undefined) this.#take('idleFrames');
    else {
      calls.close(stream);
      // A client that no longer waits for a reply does no wrong: in an overload it does so with each of its calls.
      if (!stream.isAccepted) this.#take('resets');
    }
  }

  /** Section 6.5. */
  #settings(flags: number, bytes: Buffer, start: number, end: number): void {
    const { fail, sender, streams, output, requests } = this.#parts;
    if ((flags & Flag.ACK) !== 0) {
      if (start !== end) fail(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS with ACK and content');
      else if (this.#isAcknowledged) this.#take('idleFrames');
      else requests.decoder.settingsAcknowledged();
      this.#isAcknowledged = true;
      return;
    }
    const settings = readSettings(bytes, start, end);
    if (settings.outcome === 'wrong') {
      fail(settings.code, 'wrong SETTINGS');
      return;
    }
    if (this.hasSettings && !this.#take('settings')) return;
    this.hasSettings = true;
    const { initialWindow } = settings;
    if (initialWindow !== undefined && !sender.setInitialWindow(initialWindow, streams)) {
      fail(ErrorCode.FLOW_CONTROL_ERROR, 'the window of a stream is too large');
      return;
    }
    this.mayResume = true;
    writeSettingsAck(output);
  }

  /** Section 6.7. */
  #ping(flags: number, data: Buffer): void {
    if ((flags & Flag.ACK) !== 0) this.#parts.pingAcknowledged(data);
    else if (this.#take('pings')) writePing(this.#parts.output, Flag.ACK, data);
  }

  /** Section 6.9. */
  #windowUpdate(id: number, increment: number): void {
    const { streams, sender, fail } = this.#parts;
    const stream = streams.get(id);
    if (id !== 0 && streams.isIdle(id)) fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE on an idle stream');
    else if (increment === 0 && id === 0) fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE of 0');
    else if (increment === 0) this.streamError(id, ErrorCode.PROTOCOL_ERROR);
    else if (id === 0 && !sender.addWindow(increment)) {
      fail(ErrorCode.FLOW_CONTROL_ERROR, 'the window of the connection is too large');
    } else if (stream !== undefined && !sender.addStreamWindow(stream, increment)) {
      this.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (this.#take('idleFrames')) this.mayResume = true;
  }

  /** Takes one of a budget; closes the connection if it is used up. */
  #take(name: BudgetName): boolean {
    if (this.#budgets.take(name, this.#parts.now(), this.#parts.calls.accepted)) return true;
    this.#parts.exceed(name);
    return false;
  }
}
