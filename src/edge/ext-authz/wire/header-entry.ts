import { FieldCursor } from './field-cursor.ts';

const KEY = 1;
const VALUE = 2;
const RAW_VALUE = 3;
/** The tags of these fields. */
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;
const RAW_VALUE_TAG = 0x1a;

/** Where the parts of a header field lie: of an entry of the map, or of a `HeaderValue`. An absent part is empty. */
export class HeaderEntry {
  keyFrom = 0;
  keyTo = 0;
  valueFrom = 0;
  valueTo = 0;
  rawFrom = 0;
  rawTo = 0;
  private readonly cursor = new FieldCursor();

  /** Returns false if the entry must be refused: it is broken, has a part twice, or a value before its key. */
  read(bytes: Buffer, from: number, to: number): boolean {
    return this.readUsual(bytes, from, to) || this.readAny(bytes, from, to);
  }

  /** Reads the form in which gateways send nearly every entry: a key of less than 128 bytes and one value. */
  private readUsual(bytes: Buffer, from: number, to: number): boolean {
    const keyLength = bytes[from + 1] ?? 0x80;
    if (bytes[from] !== KEY_TAG || keyLength >= 0x80) return false;
    const at = from + 2 + keyLength;
    const low = bytes[at + 1] ?? 0x80;
    const high = low < 0x80 ? 0 : (bytes[at + 2] ?? 0x80);
    const start = low < 0x80 ? at + 2 : at + 3;
    if (high >= 0x80 || start + (low & 0x7f) + (high << 7) !== to) return false;
    const tag = bytes[at];
    this.keyFrom = from + 2;
    this.keyTo = at;
    this.valueFrom = tag === VALUE_TAG ? start : to;
    this.valueTo = to;
    this.rawFrom = tag === RAW_VALUE_TAG ? start : to;
    this.rawTo = to;
    return tag === VALUE_TAG || tag === RAW_VALUE_TAG;
  }

  private readAny(bytes: Buffer, from: number, to: number): boolean {
    const { cursor } = this;
    cursor.enter(bytes, from, to);
    this.keyFrom = this.keyTo = this.valueFrom = this.valueTo = this.rawFrom = this.rawTo = from;
    let last = 0;
    while (cursor.next()) {
      const { field } = cursor;
      if (field > RAW_VALUE) continue;
      if (!cursor.isBytes || field <= last) return false;
      last = field;
      if (field === KEY) {
        this.keyFrom = cursor.from;
        this.keyTo = cursor.to;
      } else if (field === VALUE) {
        this.valueFrom = cursor.from;
        this.valueTo = cursor.to;
      } else {
        this.rawFrom = cursor.from;
        this.rawTo = cursor.to;
      }
    }
    return !cursor.isBroken;
  }
}
