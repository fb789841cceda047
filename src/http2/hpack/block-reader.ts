import { decodeHuffman } from './huffman.ts';

/** The length of a string has 7 bits, after a bit that says whether it is encoded with Huffman's code. */
const LENGTH_MASK = 0x7f;
const HUFFMAN = 0x80;
/** Bytes of an integer after its prefix: 4 hold 28 bits, which is more than any index, length or size here. */
const MOST_MORE_BYTES = 4;

/** The decoded strings of all connections pass through here, one after the other. */
let scratch: Buffer | undefined;

/** Reads the primitives of a field block. RFC 7541, section 5. */
export class BlockReader {
  bytes: Buffer;
  /** Where the next byte is. */
  at = 0;
  end = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /**
   * Reads an integer of which the lowest bits of the next byte are the prefix. Returns -1 if it ends early or is too
   * large. Section 5.1.
   */
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

  /** Moves behind the string that is next, without decoding it. Returns whether all of it is in the block. Section 5.2. */
  skipString(): boolean {
    const length = this.integer(LENGTH_MASK);
    if (length < 0 || length > this.end - this.at) return false;
    this.at += length;
    return true;
  }

  /**
   * Returns the string from `start`, where its length is, to `end`, with a character for each byte; `undefined` if its
   * code is wrong. Section 5.2.
   */
  stringAt(start: number, end: number): string | undefined {
    const isHuffman = ((this.bytes[start] ?? 0) & HUFFMAN) !== 0;
    this.at = start;
    this.integer(LENGTH_MASK);
    const text = this.at;
    this.at = end;
    if (!isHuffman) return this.bytes.toString('latin1', text, end);
    const room = Math.ceil(((end - text) * 8) / 5) + 1;
    const output = roomFor(room);
    const length = decodeHuffman(this.bytes, text, end, output);
    return length < 0 ? undefined : output.toString('latin1', 0, length);
  }
}

const USUAL_ROOM = 4096;

function roomFor(bytes: number): Buffer {
  if (bytes > USUAL_ROOM) return Buffer.allocUnsafeSlow(bytes);
  scratch ??= Buffer.allocUnsafeSlow(USUAL_ROOM);
  return scratch;
}
