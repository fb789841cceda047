import { isFieldName, isFieldValue } from './field-syntax.ts';
import { staticTable } from './static-table.ts';

/** The first bit of an indexed field. RFC 7541, section 6.1. */
const INDEXED = 0x80;
const INDEX_MASK = 0x7f;
/** The prefix of a name's index in a literal without indexing. RFC 7541, section 6.2.2. */
const NAME_MASK = 0x0f;
const LENGTH_MASK = 0x7f;

/**
 * Says that this side's table has no bytes. If the peer's SETTINGS_HEADER_TABLE_SIZE is below 4096, the next block that this
 * side sends must begin with it, once for a connection. RFC 7541, section 4.2, and RFC 9113, section 4.3.1.
 */
export const EMPTY_TABLE_UPDATE = 0x20;

/** Name in lower case and value, one character for each byte. */
export type NewField = readonly [name: string, value: string];

/**
 * Encodes a field block with the static table and literals alone, so it means the same on every connection and at every time.
 * Throws a TypeError for a field that RFC 9113, section 8.2.1, forbids.
 */
export function encodeFields(fields: readonly NewField[]): Buffer {
  return Buffer.concat(fields.flatMap(encodeField));
}

function encodeField([name, value]: NewField): readonly Buffer[] {
  if (!isFieldName(name) || !isFieldValue(value)) throw new TypeError(`not a valid field: ${JSON.stringify(name)}`);
  const entries = staticTable();
  const index = entries.findIndex((entry) => entry.name === name && entry.value === value && value !== '') + 1;
  if (index > 0) return [integer(INDEXED, INDEX_MASK, index)];
  const nameIndex = entries.findIndex((entry) => entry.name === name) + 1;
  return [integer(0, NAME_MASK, nameIndex), ...(nameIndex > 0 ? [] : string(name)), ...string(value)];
}

/** RFC 7541, section 5.2, without Huffman's code. */
function string(text: string): readonly Buffer[] {
  return [integer(0, LENGTH_MASK, text.length), Buffer.from(text, 'latin1')];
}

/** RFC 7541, section 5.1. */
function integer(pattern: number, prefixMask: number, value: number): Buffer {
  if (value < prefixMask) return Buffer.of(pattern | value);
  const bytes = [pattern | prefixMask];
  let rest = value - prefixMask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
