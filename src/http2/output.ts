import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FRAME_HEADER_BYTES, writeFrameHeader } from './frames/frame-format.ts';

/** More than the longest frame with its header and what is written at once with it. */
const SHARED_BYTES = 65_536;

/** Where the connections of a server compose what they write, one after another: a connection without work has no buffer. */
export class SharedBuffer {
  bytes = Buffer.allocUnsafeSlow(SHARED_BYTES);
  /** The output whose bytes are in the buffer. */
  user: Output | undefined;

  /** Exchanges a buffer that a socket still reads from. */
  renew(): void {
    this.bytes = Buffer.allocUnsafeSlow(SHARED_BYTES);
  }
}

/** What is written to one connection. Frames are composed one behind the other and leave with one write: {@link flush}. */
export class Output {
  readonly #shared: SharedBuffer;
  readonly #socket: Duplex;
  /** Whether a write has left this process once it is complete, which is true of plain sockets only. */
  readonly #mayWriteInPlace: boolean;
  #length = 0;
  #wasHeld = false;

  constructor(shared: SharedBuffer, socket: Duplex) {
    this.#shared = shared;
    this.#socket = socket;
    this.#mayWriteInPlace = socket instanceof Socket && !('encrypted' in socket);
  }

  /** The buffer that {@link reserve} returns a place of. */
  get bytes(): Buffer {
    return this.#shared.bytes;
  }

  /** Bytes that were written and that the socket still holds. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  /** Makes room for the next `length` bytes, at most 60 KB, and returns where they begin. All of them must be written. */
  reserve(length: number): number {
    const shared = this.#shared;
    if (shared.user !== this) {
      shared.user?.flush();
      shared.user = this;
    }
    if (this.#length + length > SHARED_BYTES) {
      this.flush();
      shared.user = this;
    }
    const at = this.#length;
    this.#length += length;
    return at;
  }

  /** Composes a frame. */
  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    const at = this.reserve(FRAME_HEADER_BYTES + payload.length);
    const start = writeFrameHeader(this.bytes, at, payload.length, (type << 8) | flags, id);
    this.bytes.set(payload, start);
  }

  /** Writes what was composed. */
  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    this.#shared.user = undefined;
    const socket = this.#socket;
    if (!socket.writable) return;
    const composed = this.#shared.bytes.subarray(0, length);
    const inPlace = this.#mayWriteInPlace && !this.#wasHeld;
    socket.write(inPlace ? composed : Buffer.from(composed));
    this.#wasHeld = socket.writableLength > 0;
    if (inPlace && this.#wasHeld) this.#shared.renew();
  }
}
