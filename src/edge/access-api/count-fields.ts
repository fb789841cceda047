const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A number, and where it ends. */
interface Read {
  readonly value: number;
  readonly end: number;
}

/**
 * Counts the fields of this number in an encoded message, without decoding them; `undefined` if the message is malformed.
 * So are tags and lengths in another than the shortest form, which a decoder could read differently, and groups, which no
 * message here has.
 */
export function countFields(bytes: Uint8Array, number: number): number | undefined {
  let count = 0;
  let at = 0;
  while (at < bytes.length) {
    const tag = readShort(bytes, at);
    const end = tag && endOfValue(bytes, tag.end, tag.value % 8);
    if (tag === undefined || end === undefined || end > bytes.length) return undefined;
    if (Math.floor(tag.value / 8) === number) count += 1;
    at = end;
  }
  return count;
}

function endOfValue(bytes: Uint8Array, at: number, wireType: number): number | undefined {
  switch (wireType) {
    case VARINT:
      return endOfVarint(bytes, at);
    case FIXED64:
      return at + 8;
    case FIXED32:
      return at + 4;
    case BYTES: {
      const length = readShort(bytes, at);
      return length && length.end + length.value;
    }
    default:
      return undefined;
  }
}

/** A varint has 7 bits in each byte, and at most 64. */
function endOfVarint(bytes: Uint8Array, at: number): number | undefined {
  const last = bytes.subarray(at, at + 10).findIndex((byte) => byte < 0x80);
  return last < 0 ? undefined : at + last + 1;
}

/** Reads a varint of at most 28 bits; a message has no longer length. */
function readShort(bytes: Uint8Array, at: number): Read | undefined {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[at + index];
    if (byte === undefined || (byte === 0 && index > 0)) return undefined;
    value += (byte % 0x80) * 0x80 ** index;
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}
