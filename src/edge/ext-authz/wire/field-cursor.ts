/** Wire types (https://protobuf.dev/programming-guides/encoding/#structure). Groups are refused. */
const VARINT = 0;
/** Of a `double`. */
export const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** A varint of 64 bits has at most so many bytes; a tag or a length has 32 bits. */
const LONGEST_VARINT = 10;

const NO_BYTES = Buffer.alloc(0);

/**
 * Walks over the fields of an encoded message, where it lies. It is made once and used for many messages. The fields
 * that it stands on are valid after {@link next} has returned true.
 */
export class FieldCursor {
  bytes: Buffer = NO_BYTES;
  /** The number of the current field. */
  field = 0;
  /** Its wire type. */
  type = 0;
  /** Whether the current field is a string, bytes or a message: then its content lies from {@link from} to {@link to}. */
  isBytes = false;
  from = 0;
  to = 0;
  /** Whether the message cannot be read, or not for certain. Then {@link next} returns false. */
  isBroken = false;
  private at = 0;
  private end = 0;

  /** Begins a message. */
  enter(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
    this.isBroken = false;
  }

  /** Moves to the next field. Returns false at the end of the message and if the message is broken. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.readVarint();
    this.field = tag >>> 3;
    if (this.field === 0) return this.breakOff();
    const type = tag & 7;
    this.type = type;
    this.isBytes = type === BYTES;
    if (type === BYTES) {
      const length = this.readVarint();
      this.from = this.at;
      this.to = this.at + length;
      this.at = this.to;
      return this.at <= this.end && !this.isBroken ? true : this.breakOff();
    }
    return this.skipNumber(type);
  }

  /** Refuses the message. Returns false. */
  breakOff(): false {
    this.isBroken = true;
    this.at = this.end;
    return false;
  }

  private skipNumber(type: number): boolean {
    this.from = this.at;
    if (type === VARINT) this.skipVarint();
    else if (type === FIXED_64) this.at += 8;
    else if (type === FIXED_32) this.at += 4;
    else return this.breakOff();
    this.to = this.at;
    return this.at <= this.end && !this.isBroken ? true : this.breakOff();
  }

  /** Reads a number of 32 bits. Returns 0 if there is none, and breaks off. */
  private readVarint(): number {
    const { bytes } = this;
    let at = this.at;
    let value = bytes[at++] ?? 0;
    if (value >= 0x80) {
      value &= 0x7f;
      for (let shift = 7; ; shift += 7) {
        const byte = at < this.end ? (bytes[at++] ?? 0) : 0xff;
        if (shift === 28 && byte > 0x0f) {
          this.breakOff();
          return 0;
        }
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
    }
    this.at = at;
    if (at > this.end) this.breakOff();
    return value >>> 0;
  }

  private skipVarint(): void {
    const { bytes } = this;
    const last = Math.min(this.end, this.at + LONGEST_VARINT);
    while (this.at < last) {
      if ((bytes[this.at++] ?? 0) < 0x80) return;
    }
    this.isBroken = true;
  }
}
