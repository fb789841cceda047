import type { Calls } from './calls.ts';
import { readSettings } from './frames/client-settings.ts';
import { writePing, writeRstStream, writeSettingsAck, writeWindowUpdate } from './frames/control-frames.ts';
import { ErrorCode, Flag, FrameType, readUint31 } from './frames/frame-format.ts';
import type { FrameSink } from './frames/frame-reader.ts';
import { HeaderBlock } from './frames/header-block.ts';
import { type BudgetName, Budgets } from './limits.ts';
import type { Link } from './link.ts';
import type { Requests } from './requests.ts';
import { STREAM_WINDOW } from './stream.ts';

/** What the client may send on the connection before this side gives more. RFC 9113, section 6.9. */
export const CONNECTION_WINDOW = 1_048_576;

/** The payloads that have one length only. Section 6. */
const LENGTHS: Readonly<Record<number, number>> = {
  [FrameType.PRIORITY]: 5,
  [FrameType.RST_STREAM]: 4,
  [FrameType.PING]: 8,
  [FrameType.WINDOW_UPDATE]: 4,
};

/** The longest header block, as a multiple of the longest header list: what is longer cannot be of use. */
const MOST_LISTS = 4;

/** Acts on each frame that a client sends. RFC 9113, section 6. */
export class Inbound implements FrameSink {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #budgets: Budgets;
  readonly block = new HeaderBlock();
  /** Whether the client's preface is complete: it ends with SETTINGS. Section 3.4. */
  hasSettings = false;
  #isAcknowledged = false;
  #window = CONNECTION_WINDOW;
  /** Whether a window of the client grew since the replies that wait were tried last. */
  mayResume = false;

  constructor(link: Link, calls: Calls, requests: Requests) {
    this.#link = link;
    this.#calls = calls;
    this.#requests = requests;
    this.#budgets = new Budgets(link.limits);
  }

  get isReading(): boolean {
    return this.#link.isReading;
  }

  wrongPreface(): void {
    this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'not the connection preface of HTTP/2');
  }

  frameTooLong(): void {
    this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame is too long');
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (!this.hasSettings && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS');
    } else if (this.block.id !== 0 && (type !== FrameType.CONTINUATION || id !== this.block.id)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block');
    } else if (type <= FrameType.HEADERS) this.#padded(type, flags, id, bytes, start, end);
    else if (this.#isWellFormed(type, id, end - start)) this.#other(type, flags, id, bytes, start, end);
  }

  /** Resets a stream because of the client's mistake, also one that is closed. Section 5.4.2. */
  streamError(id: number, code: ErrorCode): void {
    writeRstStream(this.#link.output, id, code);
    const stream = this.#link.streams.get(id);
    if (stream === undefined) this.#link.streams.close(id, false);
    else this.#calls.close(stream);
    this.#take('streamErrors');
  }

  /** Removes the padding of DATA and HEADERS. Sections 6.1 and 6.2. */
  #padded(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const isPadded = (flags & Flag.PADDED) !== 0;
    const from = isPadded ? start + 1 : start;
    const to = isPadded ? end - (bytes[start] ?? 0) : end;
    if (from > end) this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'no length of the padding');
    else if (from > to) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'more padding than payload');
    else if (type === FrameType.HEADERS) this.#headers(flags, id, bytes, from, to);
    else if (this.#link.streams.isIdle(id)) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'DATA on an idle stream');
    else if (this.#receive(end - start)) this.#data(flags, id, bytes, from, to, end - start);
  }

  /** Counts data against the connection's window, which opens again: what is kept is limited elsewhere. */
  #receive(length: number): boolean {
    this.#window -= length;
    if (this.#window < 0) this.#link.fail(ErrorCode.FLOW_CONTROL_ERROR, 'more data than the window');
    else if (this.#window < CONNECTION_WINDOW / 2) {
      writeWindowUpdate(this.#link.output, 0, CONNECTION_WINDOW - this.#window);
      this.#window = CONNECTION_WINDOW;
    }
    return this.#window >= 0;
  }

  /** Section 6.1. `counted` includes the padding. */
  #data(flags: number, id: number, bytes: Buffer, start: number, end: number, counted: number): void {
    const isEnd = (flags & Flag.END_STREAM) !== 0;
    if (start === end && !isEnd && !this.#take('emptyData')) return;
    const stream = this.#link.streams.get(id);
    if (stream === undefined || stream.hasEnded) {
      // What this side no longer wants may still be on its way. Section 5.1.
      const isLate = stream === undefined && this.#link.streams.closureOf(id) === 'left';
      if (!isLate) this.streamError(id, ErrorCode.STREAM_CLOSED);
      return;
    }
    stream.receiveWindow -= counted;
    if (stream.receiveWindow < 0) {
      this.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    this.#calls.data(stream, bytes, start, end, isEnd);
    if (!isEnd && !stream.isClosed && stream.receiveWindow < STREAM_WINDOW / 2) {
      writeWindowUpdate(this.#link.output, id, STREAM_WINDOW - stream.receiveWindow);
      stream.receiveWindow = STREAM_WINDOW;
    }
  }

  /** Section 6.2. A stream that depends on itself is an error of RFC 7540, section 5.3.1. */
  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const hasPriority = (flags & Flag.PRIORITY) !== 0;
    const isMalformed = hasPriority && readUint31(bytes, start) === id;
    const from = hasPriority ? start + 5 : start;
    if (id % 2 === 0) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'HEADERS on a stream that no client opens');
    else if (from > end) this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS without its priority');
    else if ((flags & Flag.END_HEADERS) !== 0) this.#requests.take(id, flags, isMalformed, bytes, from, end);
    else {
      this.block.begin(id, flags, isMalformed, this.#link.now);
      this.#continuation(flags, bytes, from, end);
    }
  }

  /** Section 6.10. */
  #continuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const { block } = this;
    const { continuations, headerListBytes } = this.#link.limits;
    if (block.id === 0) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'CONTINUATION without HEADERS');
      return;
    }
    block.add(bytes.subarray(start, end));
    const { id } = block;
    if (block.continuations > continuations) this.#link.exceed('continuations');
    else if (block.bytes.length > MOST_LISTS * headerListBytes) this.#link.exceed('headerListBytes');
    else if ((flags & Flag.END_HEADERS) !== 0) {
      const whole = block.end();
      this.#requests.take(id, block.flags, block.isMalformed, whole, 0, whole.length);
    }
  }

  #isWellFormed(type: number, id: number, length: number): boolean {
    const isForConnection = type === FrameType.SETTINGS || type === FrameType.PING || type === FrameType.GOAWAY;
    const isForStream = type === FrameType.PRIORITY || type === FrameType.RST_STREAM;
    if ((isForConnection && id !== 0) || (isForStream && id === 0)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'a frame on the wrong stream');
    } else if ((LENGTHS[type] ?? length) === length) return true;
    else if (type === FrameType.PRIORITY) this.streamError(id, ErrorCode.FRAME_SIZE_ERROR);
    else this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame with the wrong length');
    return false;
  }

  #other(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (type === FrameType.WINDOW_UPDATE) this.#windowUpdate(id, readUint31(bytes, start));
    else if (type === FrameType.RST_STREAM) this.#rstStream(id);
    else if (type === FrameType.PING) this.#ping(flags, bytes.subarray(start, end));
    else if (type === FrameType.SETTINGS) this.#settings(flags, bytes, start, end);
    else if (type === FrameType.CONTINUATION) this.#continuation(flags, bytes, start, end);
    else if (type === FrameType.PUSH_PROMISE) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'PUSH_PROMISE of a client');
    else if (type === FrameType.PRIORITY && readUint31(bytes, start) === id) {
      this.streamError(id, ErrorCode.PROTOCOL_ERROR);
    } else {
      // PRIORITY, GOAWAY, and types that are not known: sections 5.3.2, 6.8 and 5.5.
      this.#take('idleFrames');
    }
  }

  /** Section 6.4. */
  #rstStream(id: number): void {
    const stream = this.#link.streams.get(id);
    if (this.#link.streams.isIdle(id)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'RST_STREAM on an idle stream');
    } else if (stream === undefined) {
      this.#take('idleFrames');
    } else {
      this.#link.observer.cancelled?.();
      this.#calls.close(stream);
      // A client that no longer waits for a reply does no wrong: in an overload it does so with each of its calls.
      if (!stream.isAccepted) this.#take('resets');
    }
  }

  /** Section 6.5. */
  #settings(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & Flag.ACK) !== 0) {
      if (start !== end) this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS with ACK and content');
      else if (this.#isAcknowledged) this.#take('idleFrames');
      else this.#requests.decoder.settingsAcknowledged();
      this.#isAcknowledged = true;
      return;
    }
    const settings = readSettings(bytes, start, end);
    if (settings.outcome === 'wrong') this.#link.fail(settings.code, 'wrong SETTINGS');
    else if (!this.hasSettings || this.#take('settings')) {
      this.hasSettings = true;
      this.mayResume = true;
      const { initialWindow } = settings;
      const { sender, streams, output } = this.#link;
      if (initialWindow === undefined || sender.setInitialWindow(initialWindow, streams)) writeSettingsAck(output);
      else this.#link.fail(ErrorCode.FLOW_CONTROL_ERROR, 'the window of a stream is too large');
    }
  }

  /** Section 6.7. */
  #ping(flags: number, data: Buffer): void {
    const isAck = (flags & Flag.ACK) !== 0;
    if (!this.#take(isAck ? 'idleFrames' : 'pings')) return;
    if (isAck) this.#link.pingAcknowledged(data);
    else writePing(this.#link.output, Flag.ACK, data);
  }

  /** Section 6.9. */
  #windowUpdate(id: number, increment: number): void {
    const { sender, streams } = this.#link;
    const stream = streams.get(id);
    if (id !== 0 && streams.isIdle(id)) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE on an idle stream');
    else if (increment === 0 && id === 0) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE of 0');
    else if (increment === 0) this.streamError(id, ErrorCode.PROTOCOL_ERROR);
    else if (id === 0 && !sender.addWindow(increment)) {
      this.#link.fail(ErrorCode.FLOW_CONTROL_ERROR, 'the window of the connection is too large');
    } else if (stream !== undefined && !sender.addStreamWindow(stream, increment)) {
      this.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (this.#take('idleFrames')) this.mayResume = true;
  }

  /** Takes one of a budget; closes the connection if nothing is left of it. */
  #take(name: BudgetName): boolean {
    const isLeft = this.#budgets.take(name, this.#link.now, this.#calls.accepted);
    if (!isLeft) this.#link.exceed(name);
    return isLeft;
  }
}
