import type { Calls } from './calls.ts';
import {
  ErrorCode,
  Flag,
  FRAME_BYTES,
  FrameType,
  LARGEST,
  LARGEST_FRAME,
  readUint31,
  readUint32,
  SettingId,
  words,
} from './frames/frame-format.ts';
import type { FrameSink } from './frames/frame-reader.ts';
import type { Link } from './link.ts';
import type { Requests } from './requests.ts';
import { STREAM_WINDOW } from './stream.ts';

/** What the client may send on the connection before this side gives more. RFC 9113, section 6.9. */
export const CONNECTION_WINDOW = 1_048_576;

/** The payloads that have one length only. Section 6. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [FrameType.PRIORITY, 5],
  [FrameType.RST_STREAM, 4],
  [FrameType.PING, 8],
  [FrameType.WINDOW_UPDATE, 4],
]);

/** Acts on each frame that a client sends. RFC 9113, section 6. */
export class Inbound implements FrameSink {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #requests: Requests;
  /** Whether the client's preface is complete: it ends with SETTINGS. Section 3.4. */
  hasSettings = false;
  #isAcknowledged = false;
  #window = CONNECTION_WINDOW;
  #mayResume = false;

  constructor(link: Link, calls: Calls, requests: Requests) {
    this.#link = link;
    this.#calls = calls;
    this.#requests = requests;
  }

  /** Writes the replies that wait, if a window of the client has grown. */
  resume(): void {
    if (this.#mayResume) this.#calls.resume();
    this.#mayResume = false;
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const { blockId } = this.#requests;
    if (!this.hasSettings && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS');
    } else if (blockId !== 0 && (type !== FrameType.CONTINUATION || id !== blockId)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block');
    } else if (type <= FrameType.HEADERS) this.#padded(type, flags, id, bytes, start, end);
    else if (this.#isWellFormed(type, id, end - start)) this.#other(type, flags, id, bytes, start, end);
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
      this.#link.output.frame(FrameType.WINDOW_UPDATE, 0, 0, words(CONNECTION_WINDOW - this.#window));
      this.#window = CONNECTION_WINDOW;
    }
    return this.#window >= 0;
  }

  /** Section 6.1. `counted` includes the padding. */
  #data(flags: number, id: number, bytes: Buffer, start: number, end: number, counted: number): void {
    const isEnd = (flags & Flag.END_STREAM) !== 0;
    const { streams, output } = this.#link;
    const stream = streams.get(id);
    if (start === end && !isEnd && !this.#calls.take('emptyData')) return;
    if (stream === undefined || stream.hasEnded) {
      // What this side no longer wants may still be on its way. Section 5.1.
      const isLate = stream === undefined && streams.closureOf(id) === 'left';
      if (!isLate) this.#calls.streamError(id, ErrorCode.STREAM_CLOSED);
      return;
    }
    stream.receiveWindow -= counted;
    if (stream.receiveWindow < 0) {
      this.#calls.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    this.#calls.data(stream, bytes, start, end, isEnd);
    if (!stream.isClosed && !stream.hasEnded && stream.receiveWindow < STREAM_WINDOW / 2) {
      output.frame(FrameType.WINDOW_UPDATE, 0, id, words(STREAM_WINDOW - stream.receiveWindow));
      stream.receiveWindow = STREAM_WINDOW;
    }
  }

  /** Section 6.2. A stream that depends on itself is an error of RFC 7540, section 5.3.1. */
  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const hasPriority = (flags & Flag.PRIORITY) !== 0;
    const from = hasPriority ? start + 5 : start;
    if (id % 2 === 0) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'HEADERS on a stream that no client opens');
    else if (from > end) this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS without its priority');
    else this.#requests.headers(id, flags, hasPriority && readUint31(bytes, start) === id, bytes, from, end);
  }

  #isWellFormed(type: number, id: number, length: number): boolean {
    const isForConnection = type === FrameType.SETTINGS || type === FrameType.PING || type === FrameType.GOAWAY;
    const isForStream = type === FrameType.PRIORITY || type === FrameType.RST_STREAM;
    if ((isForConnection && id !== 0) || (isForStream && id === 0)) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'a frame on the wrong stream');
    } else if ((LENGTHS.get(type) ?? length) === length) return true;
    else if (type === FrameType.PRIORITY) this.#calls.streamError(id, ErrorCode.FRAME_SIZE_ERROR);
    else this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame with the wrong length');
    return false;
  }

  #other(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const isAck = (flags & Flag.ACK) !== 0;
    if (type === FrameType.WINDOW_UPDATE) this.#windowUpdate(id, readUint31(bytes, start));
    else if (type === FrameType.RST_STREAM) this.#rstStream(id);
    else if (type === FrameType.PING) this.#ping(isAck, bytes.subarray(start, end));
    else if (type === FrameType.SETTINGS && isAck) this.#settingsAck(end - start);
    else if (type === FrameType.SETTINGS) this.#settings(bytes, start, end);
    else if (type === FrameType.CONTINUATION && id !== 0 && id === this.#requests.blockId) {
      this.#requests.continuation(flags, bytes.subarray(start, end));
    } else if (type === FrameType.CONTINUATION || type === FrameType.PUSH_PROMISE) {
      this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'a frame that must not come here');
    } else if (type === FrameType.PRIORITY && readUint31(bytes, start) === id) {
      this.#calls.streamError(id, ErrorCode.PROTOCOL_ERROR);
    } else {
      // PRIORITY, GOAWAY, and types that are not known: sections 5.3.2, 6.8 and 5.5.
      this.#calls.take('idleFrames');
    }
  }

  /** Section 6.4. */
  #rstStream(id: number): void {
    const { streams, parts } = this.#link;
    const stream = streams.get(id);
    if (streams.isIdle(id)) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'RST_STREAM on an idle stream');
    else if (stream === undefined) this.#calls.take('idleFrames');
    else {
      parts.observer.cancelled?.();
      streams.close(stream);
      // A client that no longer waits for a reply does no wrong: in an overload it does so with each of its calls.
      if (!stream.isAccepted) this.#calls.take('resets');
    }
  }

  /** Section 6.5.3. */
  #settingsAck(length: number): void {
    if (length !== 0) this.#link.fail(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS with ACK and content');
    else if (this.#isAcknowledged) this.#calls.take('idleFrames');
    else this.#requests.settingsAcknowledged();
    this.#isAcknowledged = true;
  }

  /** Section 6.5. This side neither pushes nor has a table nor writes long frames, so only the window matters. */
  #settings(bytes: Buffer, start: number, end: number): void {
    if (this.hasSettings && !this.#calls.take('settings')) return;
    this.hasSettings = true;
    this.#mayResume = true;
    const { sender, streams, output } = this.#link;
    let window = sender.initialWindow;
    let code: ErrorCode = (end - start) % 6 === 0 ? ErrorCode.NO_ERROR : ErrorCode.FRAME_SIZE_ERROR;
    for (let at = start; at + 6 <= end; at += 6) {
      const id = bytes.readUInt16BE(at);
      const value = readUint32(bytes, at + 2);
      if (id === SettingId.INITIAL_WINDOW_SIZE) window = value;
      const isFrameSize = value >= FRAME_BYTES && value <= LARGEST_FRAME;
      const isWrong = id === SettingId.MAX_FRAME_SIZE ? !isFrameSize : id === SettingId.ENABLE_PUSH && value > 1;
      if (isWrong) code = ErrorCode.PROTOCOL_ERROR;
    }
    // Only the last value of a frame: a frame with thousands of them does not walk through all streams each time.
    if (window > LARGEST || !sender.setInitialWindow(window, streams)) code = ErrorCode.FLOW_CONTROL_ERROR;
    if (code === ErrorCode.NO_ERROR) output.frame(FrameType.SETTINGS, Flag.ACK, 0, words());
    else this.#link.fail(code, 'wrong SETTINGS');
  }

  /** Section 6.7. */
  #ping(isAck: boolean, data: Buffer): void {
    if (!this.#calls.take(isAck ? 'idleFrames' : 'pings')) return;
    if (isAck) this.#link.pingAcknowledged(data);
    else this.#link.output.frame(FrameType.PING, Flag.ACK, 0, data);
  }

  /** Section 6.9. */
  #windowUpdate(id: number, increment: number): void {
    const { sender, streams } = this.#link;
    const stream = streams.get(id);
    if (id !== 0 && streams.isIdle(id)) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE on an idle stream');
    else if (increment === 0 && id === 0) this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE of 0');
    else if (increment === 0) this.#calls.streamError(id, ErrorCode.PROTOCOL_ERROR);
    else if (id === 0 && !sender.addWindow(increment)) {
      this.#link.fail(ErrorCode.FLOW_CONTROL_ERROR, 'a window that is too large');
    } else if (stream !== undefined && !sender.addStreamWindow(stream, increment)) {
      this.#calls.streamError(id, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (this.#calls.take('idleFrames')) this.#mayResume = true;
  }
}
