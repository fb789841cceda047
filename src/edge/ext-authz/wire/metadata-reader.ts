import type { Metadata, ReadValue } from '../messages.ts';
import { FIXED_64, FieldCursor } from './field-cursor.ts';

const FILTER_METADATA = 1;
const FIELDS = 1;
const KEY = 1;
const VALUE = 2;
const NUMBER = 2;
const STRING = 3;
const BOOLEAN = 4;
const STRUCT = 5;
/** The kinds of a `google.protobuf.Value`, from `null_value` to `list_value`. */
const LAST_KIND = 6;

/** Values that lie deeper in a namespace are left out: the filter `mcp` repeats there what clients send. */
const MAX_DEPTH = 3;

type Struct = NonNullable<NonNullable<Metadata['filter_metadata']>[string]>;

/** Reads {@link Metadata}. Throws if it cannot be read for certain, as when a key occurs twice. */
export function readMetadata(bytes: Buffer): Metadata {
  return { filter_metadata: readMap(bytes, FILTER_METADATA, (value) => readStruct(value, 1)) };
}

/** Without fields, it says nothing: as with the proto loader, there is no map then. */
function readStruct(bytes: Buffer, depth: number): Struct {
  const fields = readMap(bytes, FIELDS, (value) => readValue(value, depth));
  return Object.keys(fields).length === 0 ? {} : { fields };
}

/** Reads the map in this field. */
function readMap<Value>(bytes: Buffer, field: number, readOne: (bytes: Buffer) => Value): Record<string, Value> {
  const map = new Map<string, Value>();
  const cursor = new FieldCursor();
  cursor.enter(bytes, 0, bytes.length);
  while (cursor.next()) {
    if (cursor.field !== field) continue;
    const [key, value] = readEntry(contentOf(cursor));
    if (map.has(key)) throw uncertain();
    map.set(key, readOne(value));
  }
  if (cursor.isBroken) throw uncertain();
  return Object.fromEntries(map);
}

function readEntry(bytes: Buffer): readonly [key: string, value: Buffer] {
  const cursor = new FieldCursor();
  cursor.enter(bytes, 0, bytes.length);
  let key: string | undefined;
  let value: Buffer | undefined;
  while (cursor.next()) {
    if (cursor.field === KEY) {
      if (key !== undefined || value !== undefined) throw uncertain();
      const found = contentOf(cursor);
      key = found.toString();
    } else if (cursor.field === VALUE) {
      if (value !== undefined) throw uncertain();
      value = contentOf(cursor);
    }
  }
  if (cursor.isBroken) throw uncertain();
  return [key ?? '', value ?? bytes.subarray(0, 0)];
}

/** Only one kind may be set. Of those that we do not read there is nothing but the fact that there is a value. */
function readValue(bytes: Buffer, depth: number): ReadValue {
  const cursor = new FieldCursor();
  cursor.enter(bytes, 0, bytes.length);
  let value: ReadValue | undefined;
  while (cursor.next()) {
    if (cursor.field > LAST_KIND) continue;
    if (value !== undefined) throw uncertain();
    value = readKind(cursor, depth);
  }
  if (cursor.isBroken) throw uncertain();
  return value ?? {};
}

function readKind(cursor: FieldCursor, depth: number): ReadValue {
  const { bytes, from, to } = cursor;
  switch (cursor.field) {
    case NUMBER:
      if (cursor.type !== FIXED_64) throw uncertain();
      return { numberValue: bytes.readDoubleLE(from) };
    case STRING: {
      const content = contentOf(cursor);
      return { stringValue: content.toString() };
    }
    case BOOLEAN: {
      if (cursor.isBytes || to - from !== 1) throw uncertain();
      return { boolValue: bytes[from] !== 0 };
    }
    case STRUCT: {
      const content = contentOf(cursor);
      return depth < MAX_DEPTH ? { structValue: readStruct(content, depth + 1) } : {};
    }
    default:
      return {};
  }
}

function contentOf(cursor: FieldCursor): Buffer {
  if (!cursor.isBytes) throw uncertain();
  return cursor.bytes.subarray(cursor.from, cursor.to);
}

function uncertain(): Error {
  return new Error('the metadata of the request cannot be read for certain');
}
