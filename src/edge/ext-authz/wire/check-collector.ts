import type { MessageCollector, UnaryReply } from '../../../http2/unary.ts';
import { MALFORMED_REPLY } from '../malformed-reply.ts';
import { OVER_LIMIT } from './over-limit.ts';

/** On the way from `CheckRequest` to `HttpRequest`: `attributes`, `request`, `http`. */
const WAY = [1, 4, 2];
/** `body` and `raw_body` of `HttpRequest`. */
const BODIES = new Set([11, 12]);

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** The longest varint of 64 bits, and of 32. */
const LONGEST = 10;
const LONGEST_LENGTH = 5;
const MOST = 0xffff_ffff;

const FIRST_ROOM = 4_096;
/** The place of a length. */
const NO_LENGTH = [0, 0, 0, 0, 0];

/** A message that is under way: where its content ends, and where its length is in what is kept. */
interface Level {
  /** Counted in bytes of the whole message. */
  readonly end: number;
  readonly lengthAt: number;
}

/** What the next byte belongs to. */
type State = 'tag' | 'length' | 'number' | 'content';

/** Returns a maker of collectors that keep at most so many bytes of a message. */
export function createCheckCollector(maxBytes: number): () => MessageCollector {
  return () => new CheckCollector(maxBytes);
}

/**
 * Collects a `CheckRequest` without the bodies that Envoy sends with `with_request_body`: they may be large, come before the
 * header fields, and are not read. The lengths of the messages around them are made to fit, always in five bytes. Of a
 * message that is longer without its bodies than the limit, nothing is kept but that.
 */
class CheckCollector implements MessageCollector {
  private readonly maxBytes: number;
  private readonly levels: Level[] = [];
  private room = Buffer.allocUnsafeSlow(0);
  private kept = 0;
  /** How many bytes of the message were taken. */
  private taken = 0;
  private state: State = 'tag';
  /** The tag or length that is being read, and its bytes so far. */
  private value = 0;
  private size = 0;
  /** The bytes of the tag and the length of the current field. */
  private head: number[] = [];
  private field = 0;
  /** How many bytes of the content are still to come. */
  private left = 0;
  private isDropped = false;
  private fate: 'open' | 'broken' | 'over' = 'open';

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  add(piece: Buffer): number {
    for (let at = 0; at < piece.length && this.fate === 'open'; ) {
      if (this.state === 'content') at += this.takeContent(piece, at);
      else this.takeByte(piece[at++] ?? 0);
    }
    if (this.fate !== 'open') this.room = Buffer.allocUnsafeSlow(0);
    return this.room.length;
  }

  end(): UnaryReply {
    if (this.fate === 'over') return OVER_LIMIT;
    const isWhole = this.fate === 'open' && this.levels.length === 0 && this.state === 'tag' && this.size === 0;
    return isWhole ? this.room.subarray(0, this.kept) : MALFORMED_REPLY;
  }

  private takeContent(piece: Buffer, at: number): number {
    const count = Math.min(this.left, piece.length - at);
    if (!this.isDropped) this.keep(piece.subarray(at, at + count));
    this.left -= count;
    this.taken += count;
    if (this.left === 0) this.endField();
    return count;
  }

  private takeByte(byte: number): void {
    this.taken += 1;
    this.head.push(byte);
    this.value += (byte & 0x7f) * 2 ** (7 * this.size);
    this.size += 1;
    const longest = this.state === 'number' ? LONGEST : LONGEST_LENGTH;
    if (byte >= 0x80) {
      if (this.size === longest) this.fate = 'broken';
      return;
    }
    const { value } = this;
    this.value = 0;
    this.size = 0;
    if (this.state === 'number') this.endNumber();
    else if (value > MOST) this.fate = 'broken';
    else if (this.state === 'tag') this.beginField(Math.floor(value / 8), value % 8);
    else this.beginContent(value);
  }

  private beginField(field: number, type: number): void {
    this.field = field;
    this.isDropped = false;
    if (type === BYTES) this.state = 'length';
    else if (type === VARINT) this.state = 'number';
    else if (type === FIXED_64 || type === FIXED_32) this.expect(type === FIXED_64 ? 8 : 4);
    else this.fate = 'broken';
    if (field === 0) this.fate = 'broken';
  }

  private beginContent(length: number): void {
    const depth = this.levels.length;
    if (this.taken + length > this.endOfLevel()) this.fate = 'broken';
    else if (depth < WAY.length && this.field === WAY[depth]) this.enter(length);
    else {
      this.isDropped = depth === WAY.length && BODIES.has(this.field);
      this.expect(length);
    }
  }

  /** Keeps the tag of a message on the way, and room for its length. */
  private enter(length: number): void {
    const tag = this.head.slice(0, this.head.findIndex((byte) => byte < 0x80) + 1);
    this.keep(Buffer.from([...tag, ...NO_LENGTH]));
    this.levels.push({ end: this.taken + length, lengthAt: this.kept - LONGEST_LENGTH });
    this.endField();
  }

  private expect(length: number): void {
    this.state = 'content';
    this.left = length;
    if (!this.isDropped) this.keep(Buffer.from(this.head));
    if (length === 0) this.endField();
  }

  private endNumber(): void {
    this.keep(Buffer.from(this.head));
    this.endField();
  }

  /** Ends a field, and every message that ends with it. */
  private endField(): void {
    this.state = 'tag';
    this.head = [];
    while (this.taken === this.endOfLevel() && this.fate === 'open') this.leave();
    if (this.taken > this.endOfLevel()) this.fate = 'broken';
  }

  private leave(): void {
    const { lengthAt } = this.levels.pop() ?? { lengthAt: 0 };
    const length = this.kept - lengthAt - LONGEST_LENGTH;
    for (let index = 0; index < LONGEST_LENGTH; index++) {
      const isLast = index === LONGEST_LENGTH - 1;
      this.room[lengthAt + index] = ((length >>> (7 * index)) & 0x7f) | (isLast ? 0 : 0x80);
    }
  }

  /** `Infinity` for the message itself, whose length only its end tells. */
  private endOfLevel(): number {
    return this.levels.at(-1)?.end ?? Number.POSITIVE_INFINITY;
  }

  private keep(bytes: Buffer): void {
    const length = this.kept + bytes.length;
    if (length > this.maxBytes) {
      this.fate = 'over';
      return;
    }
    if (length > this.room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_ROOM, 2 * this.room.length, length));
      this.room.copy(larger, 0, 0, this.kept);
      this.room = larger;
    }
    bytes.copy(this.room, this.kept);
    this.kept = length;
  }
}
