import { FRAME_BYTES, FRAME_HEADER_BYTES, readUint31 } from './frame-format.ts';

/** What a client sends first. RFC 9113, section 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Receives what a reader finds. */
export interface FrameSink {
  /** If false, the reader passes nothing more. */
  readonly isReading: boolean;
  /** The client does not begin as RFC 9113, section 3.4, says. */
  wrongPreface(): void;
  /** A frame is longer than this side permits. Section 4.2. */
  frameTooLong(): void;
  /** A whole frame, with its payload in `bytes` from `start` to `end`. The bytes stay as they are until this returns. */
  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * Cuts what arrives into frames. RFC 9113, section 4.1. A frame that lies in one piece is passed where it is. Of another, the
 * first part is copied: at most one frame.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #prefaceBytes = 0;
  /** The first part of a frame, if one is incomplete, and how much of it is here. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  /** Counts the frames that did not arrive at once. */
  cuts = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether the client has sent the connection preface. */
  get hasBegun(): boolean {
    return this.#prefaceBytes === PREFACE.length;
  }

  get isInFrame(): boolean {
    return this.#held !== undefined;
  }

  /** Takes what arrived. The bytes may be used again after it returns. */
  read(bytes: Buffer): void {
    let at = this.hasBegun ? 0 : this.#readPreface(bytes);
    if (this.#held !== undefined && at < bytes.length) at = this.#complete(this.#held, bytes, at);
    while (bytes.length - at >= FRAME_HEADER_BYTES && this.#sink.isReading) {
      const length = this.#lengthAt(bytes, at);
      if (length < 0) return;
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      this.#pass(bytes, at, end);
      at = end;
    }
    if (at < bytes.length && this.#sink.isReading) this.#hold(bytes, at);
  }

  #readPreface(bytes: Buffer): number {
    let at = 0;
    for (; at < bytes.length && this.#prefaceBytes < PREFACE.length; at++) {
      if (bytes[at] !== PREFACE[this.#prefaceBytes++]) {
        this.#sink.wrongPreface();
        return bytes.length;
      }
    }
    return at;
  }

  /** Returns -1 for a frame that is too long, which ends the connection. */
  #lengthAt(bytes: Buffer, at: number): number {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    if (length <= FRAME_BYTES) return length;
    this.#sink.frameTooLong();
    return -1;
  }

  #pass(bytes: Buffer, at: number, end: number): void {
    const id = readUint31(bytes, at + 5);
    this.#sink.frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, id, bytes, at + FRAME_HEADER_BYTES, end);
  }

  /** Keeps the rest of what arrived, with room for the whole frame once its length is known. */
  #hold(bytes: Buffer, at: number): void {
    this.cuts++;
    const rest = bytes.length - at;
    const length = rest < FRAME_HEADER_BYTES ? 0 : this.#lengthAt(bytes, at);
    this.#held = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + length);
    this.#heldBytes = bytes.copy(this.#held, 0, at);
  }

  /** Adds to an incomplete frame, and passes it if it is complete. Returns how far it has read. */
  #complete(held: Buffer, bytes: Buffer, at: number): number {
    const copied = bytes.copy(held, this.#heldBytes, at);
    this.#heldBytes += copied;
    if (this.#heldBytes < held.length) return at + copied;
    const length = this.#lengthAt(held, 0);
    const whole = FRAME_HEADER_BYTES + length;
    if (length < 0) return bytes.length;
    if (held.length < whole) {
      this.#held = Buffer.allocUnsafeSlow(whole);
      held.copy(this.#held);
      return this.#complete(this.#held, bytes, at + copied);
    }
    this.#held = undefined;
    if (this.#sink.isReading) this.#pass(held, 0, whole);
    return at + copied;
  }
}
