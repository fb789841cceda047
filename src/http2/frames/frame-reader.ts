import { ErrorCode, FRAME_BYTES, FRAME_HEADER_BYTES, readUint31, readUint32 } from './frame-format.ts';

/** What a client sends first. RFC 9113, section 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** The connection that is read from. */
export interface FrameSource {
  /** If false, the reader passes nothing more. */
  readonly isReading: boolean;
  fail(code: ErrorCode, detail: string): void;
}

/** Takes a whole frame, with its payload in `bytes` from `start` to `end`. The bytes stay as they are until it returns. */
export interface FrameSink {
  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Cuts what arrives into frames. RFC 9113, section 4.1. A frame that lies in one piece is passed where it is. Of another, the
 * first part is copied: at most one frame.
 */
export class FrameReader {
  readonly #source: FrameSource;
  readonly #sink: FrameSink;
  #prefaceBytes = 0;
  /** The first part of a frame, if one is incomplete, and how much of it is here. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  /** Counts the frames that did not arrive at once. */
  cuts = 0;

  constructor(source: FrameSource, sink: FrameSink) {
    this.#source = source;
    this.#sink = sink;
  }

  get isInFrame(): boolean {
    return this.#held !== undefined;
  }

  /** Takes what arrived. The bytes may be used again after it returns. */
  read(bytes: Buffer): void {
    let at = 0;
    for (; at < bytes.length && this.#prefaceBytes < PREFACE.length; at++) {
      if (bytes[at] === PREFACE[this.#prefaceBytes++]) continue;
      this.#source.fail(ErrorCode.PROTOCOL_ERROR, 'not the connection preface of HTTP/2');
      return;
    }
    while (at < bytes.length && this.#source.isReading) {
      const end = this.#held === undefined ? endOfFrame(bytes, at) : Number.POSITIVE_INFINITY;
      if (end <= bytes.length) this.#pass(bytes, at, end);
      at = end <= bytes.length ? end : this.#copy(bytes, at);
    }
  }

  #pass(bytes: Buffer, at: number, end: number): void {
    const start = at + FRAME_HEADER_BYTES;
    if (end - start > FRAME_BYTES) this.#fail();
    else this.#sink.frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, readUint31(bytes, at + 5), bytes, start, end);
  }

  /** Adds to an incomplete frame, first to its header. Returns how far it has read. */
  #copy(bytes: Buffer, at: number): number {
    if (this.#held === undefined) {
      this.#held = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES);
      this.#heldBytes = 0;
      this.cuts++;
    }
    let held = this.#held;
    const copied = bytes.copy(held, this.#heldBytes, at);
    this.#heldBytes += copied;
    if (this.#heldBytes < held.length) return at + copied;
    const end = endOfFrame(held, 0);
    if (end > FRAME_HEADER_BYTES + FRAME_BYTES) this.#fail();
    else if (end > held.length) {
      held = Buffer.allocUnsafeSlow(end);
      this.#held.copy(held);
      this.#held = held;
    } else {
      this.#held = undefined;
      this.#pass(held, 0, end);
    }
    return at + copied;
  }

  /** Section 4.2. */
  #fail(): void {
    this.#source.fail(ErrorCode.FRAME_SIZE_ERROR, 'a frame is too long');
  }
}

/** Returns where the frame ends that begins at `at`; infinite if not even its header is here. */
function endOfFrame(bytes: Buffer, at: number): number {
  if (bytes.length - at < FRAME_HEADER_BYTES) return Number.POSITIVE_INFINITY;
  return at + FRAME_HEADER_BYTES + (readUint32(bytes, at) >>> 8);
}
