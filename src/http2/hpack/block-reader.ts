import { decodeHuffman } from './huffman.ts';

/** A string has its length in 7 bits and more bytes, after a bit that says whether it is encoded with Huffman's code. */
const LENGTH_MASK = 0x7f;
const HUFFMAN = 0x80;
/** Bytes of an integer after its prefix: 4 hold 28 bits, which is more than any index, length or size here. */
const MOST_MORE_BYTES = 4;

/** The decoded strings of all connections pass through here, one after the other. */
const USUAL_ROOM = 4096;
let scratch: Buffer | undefined;

/** Reads the primitives of a field block. RFC 7541, section 5. */
export class BlockReader {
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next byte is. */
  at = 0;
  end = 0;

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Returns the next byte without moving; 0 at the end. */
  peek(): number {
    return this.at < this.end ? (this.bytes[this.at] ?? 0) : 0;
  }

  /** Reads an integer whose prefix is in the lowest bits of the next byte. Returns -1 if it is cut or too large. Section 5.1. */
  integer(prefixMask: number): number {
    const { bytes, end } = this;
    if (this.at >= end) return -1;
    let value = (bytes[this.at++] ?? 0) & prefixMask;
    if (value < prefixMask) return value;
    for (let shift = 0; shift < 7 * MOST_MORE_BYTES; shift += 7) {
      if (this.at >= end) return -1;
      const byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** Moves behind the next string without decoding it. Returns its length; -1 if it is cut. */
  skipString(): number {
    const length = this.integer(LENGTH_MASK);
    if (length < 0 || length > this.end - this.at) return -1;
    this.at += length;
    return length;
  }

  /** Reads a string with a character for each byte. Returns `undefined` if it is cut or its code is wrong. Section 5.2. */
  string(): string | undefined {
    const isHuffman = (this.peek() & HUFFMAN) !== 0;
    const length = this.skipString();
    if (length < 0) return undefined;
    const start = this.at - length;
    if (!isHuffman) return this.bytes.toString('latin1', start, this.at);
    const room = Math.ceil((length * 8) / 5) + 1;
    scratch ??= Buffer.allocUnsafeSlow(USUAL_ROOM);
    const output = room > USUAL_ROOM ? Buffer.allocUnsafeSlow(room) : scratch;
    const decoded = decodeHuffman(this.bytes, start, this.at, output);
    return decoded < 0 ? undefined : output.toString('latin1', 0, decoded);
  }
}
