import {
  FRAME_BYTES,
  FrameType,
  INITIAL_WINDOW,
  LARGEST,
  writeFrameHeader,
  writeUint32,
} from './frames/frame-format.ts';
import type { ReplyTemplates } from './grpc/reply-templates.ts';
import { MESSAGE_PREFIX_BYTES, OPENING_END_BYTES } from './grpc/reply-templates.ts';
import type { HttpRefusal } from './grpc/request-head.ts';
import type { Output } from './output.ts';
import type { Stream } from './stream.ts';
import type { UnaryFailure } from './unary.ts';

/** Writes the replies of a connection, within the windows that the client gives. RFC 9113, section 6.9. */
export class Sender {
  readonly #output: Output;
  readonly #templates: ReplyTemplates;
  #opening: Buffer;
  #window = INITIAL_WINDOW;
  /** SETTINGS_INITIAL_WINDOW_SIZE of the client. */
  initialWindow = INITIAL_WINDOW;

  constructor(output: Output, templates: ReplyTemplates) {
    this.#output = output;
    this.#templates = templates;
    this.#opening = templates.firstOpening;
  }

  /** Writes the whole reply to a call that failed. */
  writeFailure(id: number, failure: UnaryFailure): void {
    this.#writeFrame(id, this.#templates.failure(failure, this.#isFirst()));
  }

  /** Writes a reply, as {@link writeMessage} does. */
  writeRefusal(stream: Stream, refusal: HttpRefusal, now: number): boolean {
    this.#writeFrame(stream.id, this.#templates.refusal(refusal, this.#isFirst()));
    return this.#writeLater(stream, Buffer.from(refusal.text), this.#templates.dataEnd, now);
  }

  /** Writes a reply. Returns whether all of it is written; otherwise the stream waits, with a copy of the rest. */
  writeMessage(stream: Stream, message: Uint8Array, now: number): boolean {
    const length = message.length + MESSAGE_PREFIX_BYTES;
    const { trailers } = this.#templates;
    const opening = this.#nextOpening();
    if (length > FRAME_BYTES || length > this.#window || length > this.initialWindow + stream.sendCredit) {
      this.#writeFrame(stream.id, opening.subarray(0, -OPENING_END_BYTES));
      const unsent = Buffer.alloc(length);
      unsent.set(message, writeUint32(unsent, 1, message.length));
      return this.#writeLater(stream, unsent, trailers, now);
    }
    this.#window -= length;
    let at = this.#output.reserve(opening.length + message.length + trailers.length);
    const { bytes } = this.#output;
    bytes.set(opening, at);
    writeUint32(bytes, at + 5, stream.id);
    at += opening.length;
    writeFrameHeader(bytes, at - OPENING_END_BYTES, length, FrameType.DATA << 8, stream.id);
    writeUint32(bytes, at - 4, message.length);
    bytes.set(message, at);
    at += message.length;
    bytes.set(trailers, at);
    writeUint32(bytes, at + 5, stream.id);
    return true;
  }

  /** Takes an increment of the connection's window. Returns false if the window gets too large. Section 6.9.1. */
  addWindow(increment: number): boolean {
    this.#window += increment;
    return this.#window <= LARGEST;
  }

  /** Takes an increment of a stream's window. Returns false if the window gets too large. */
  addStreamWindow(stream: Stream, increment: number): boolean {
    stream.sendCredit += increment;
    return this.initialWindow + stream.sendCredit <= LARGEST;
  }

  /** Takes SETTINGS_INITIAL_WINDOW_SIZE. Returns false if the window of a stream gets too large. Section 6.9.2. */
  setInitialWindow(size: number, streams: Iterable<Stream>): boolean {
    if (size === this.initialWindow) return true;
    this.initialWindow = size;
    for (const stream of streams) if (size + stream.sendCredit > LARGEST) return false;
    return true;
  }

  /** Writes what the windows permit of a reply that waits. Returns whether the whole reply is written. */
  writeRest(stream: Stream): boolean {
    while (stream.unsent.length > 0) {
      const windows = Math.min(this.#window, this.initialWindow + stream.sendCredit);
      const length = Math.min(stream.unsent.length, FRAME_BYTES, windows);
      if (length <= 0) return false;
      this.#window -= length;
      stream.sendCredit -= length;
      this.#output.frame(FrameType.DATA, 0, stream.id, stream.unsent.subarray(0, length));
      stream.unsent = stream.unsent.subarray(length);
    }
    this.#writeFrame(stream.id, stream.unsentEnd);
    return true;
  }

  /** Whether no header block was written on this connection. */
  #isFirst(): boolean {
    return this.#nextOpening() === this.#templates.firstOpening;
  }

  #nextOpening(): Buffer {
    const opening = this.#opening;
    this.#opening = this.#templates.opening;
    return opening;
  }

  /** Writes a frame of a template, with its stream's id. */
  #writeFrame(id: number, frame: Buffer): void {
    const at = this.#output.reserve(frame.length);
    this.#output.bytes.set(frame, at);
    writeUint32(this.#output.bytes, at + 5, id);
  }

  #writeLater(stream: Stream, unsent: Buffer, end: Buffer, now: number): boolean {
    stream.unsent = unsent;
    stream.unsentEnd = end;
    stream.unsentSince = now;
    return this.writeRest(stream);
  }
}
