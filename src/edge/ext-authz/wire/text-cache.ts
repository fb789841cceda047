/** A longer text is not kept. */
const MAX_LENGTH = 64;
/** A power of two. */
const SLOTS = 64;

interface KnownText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Texts of which a few come over and over, by their bytes: methods and hosts. What comes again needs no other string. A text
 * is used only if every byte is the same; a client can only make the cache useless.
 */
export class TextCache {
  private readonly slots: (KnownText | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  /** Returns the text in these bytes, decoded from UTF-8. */
  find(message: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length > MAX_LENGTH) return message.toString('utf8', from, to);
    const slot = slotOf(message, from, to) & (SLOTS - 1);
    const known = this.slots[slot];
    if (known !== undefined && known.bytes.length === length && isSame(known.bytes, message, from)) return known.text;
    const text = message.toString('utf8', from, to);
    this.slots[slot] = { bytes: Uint8Array.prototype.slice.call(message, from, to), text };
    return text;
  }
}

/** A number that texts rarely share, by some of their bytes. */
export function slotOf(message: Buffer, from: number, to: number): number {
  const first = message[from] ?? 0;
  const middle = message[(from + to) >> 1] ?? 0;
  const last = message[to - 1] ?? 0;
  return (to - from) * 37 + first * 5 + middle * 131 + last * 17;
}

/** Whether the message has these bytes there. */
function isSame(bytes: Uint8Array, message: Buffer, from: number): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== message[from + index]) return false;
  }
  return true;
}
