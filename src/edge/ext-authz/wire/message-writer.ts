const FIRST_CAPACITY = 4_096;
/** A greater buffer is not kept for the next message. */
const MOST_KEPT = 65_536;

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;

/**
 * Writes encoded messages, one after another, into a buffer of its own. Fields are written in the order of the calls, also
 * if they have the default value.
 */
export class MessageWriter {
  /** The number of bytes written. */
  at = 0;
  private bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);

  /** Begins a message. */
  begin(): void {
    this.at = 0;
    if (this.bytes.length > MOST_KEPT) this.bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  }

  /** Returns what was written, as a copy with memory of its own. */
  finish(): Buffer {
    const own = Buffer.allocUnsafeSlow(this.at);
    this.bytes.copy(own, 0, 0, this.at);
    return own;
  }

  string(field: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.tag(field, BYTES);
    this.varint(length);
    this.reserve(length);
    this.bytes.write(text, this.at);
    this.at += length;
  }

  /** @param value not negative, below 2^31. */
  number(field: number, value: number): void {
    this.tag(field, VARINT);
    this.varint(value);
  }

  double(field: number, value: number): void {
    this.tag(field, FIXED_64);
    this.reserve(8);
    this.bytes.writeDoubleLE(value, this.at);
    this.at += 8;
  }

  /** Opens a message in a field. Returns what {@link close} needs: where its length is. */
  open(field: number): number {
    this.tag(field, BYTES);
    this.reserve(1);
    this.at += 1;
    return this.at - 1;
  }

  /** Closes a message. Moves its content if its length needs more than one byte. */
  close(lengthAt: number): void {
    const from = lengthAt + 1;
    const end = this.at;
    const length = end - from;
    const size = sizeOfVarint(length);
    this.reserve(size);
    if (size > 1) this.bytes.copyWithin(lengthAt + size, from, end);
    this.at = lengthAt;
    this.varint(length);
    this.at += length;
  }

  private tag(field: number, type: number): void {
    this.varint((field << 3) | type);
  }

  private varint(value: number): void {
    this.reserve(5);
    this.at = writeVarint(this.bytes, value, this.at);
  }

  private reserve(size: number): void {
    const needed = this.at + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

/** Writes a number from 0 to below 2^31. Returns the place behind it. */
export function writeVarint(bytes: Buffer, value: number, at: number): number {
  let rest = value;
  let place = at;
  for (; rest >= 0x80; rest >>>= 7) bytes[place++] = (rest & 0x7f) | 0x80;
  bytes[place++] = rest;
  return place;
}

/** The number of bytes of a varint. */
export function sizeOfVarint(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
