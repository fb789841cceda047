import { BlockReader } from './block-reader.ts';
import { DynamicTable } from './dynamic-table.ts';
import { FieldName } from './field-name.ts';
import { type DecodedBlock, type DecodedFields, fieldSize, type HeaderField } from './header-field.ts';
import { LastBytes } from './last-bytes.ts';
import { FIRST_DYNAMIC_INDEX, staticTable } from './static-table.ts';

/** The size of a table until SETTINGS say another. RFC 9113, section 6.5.2. */
const INITIAL_TABLE_BYTES = 4096;

/** The first bits of a representation, and the masks of the integers after them. RFC 7541, section 6. */
const INDEXED = 0x80;
const INDEX_MASK = 0x7f;
const LITERAL_TO_INDEX = 0x40;
const LITERAL_TO_INDEX_MASK = 0x3f;
const SIZE_UPDATE = 0x20;
const SIZE_MASK = 0x1f;
const LITERAL_MASK = 0x0f;

const WRONG_CODE = 'a string that is no Huffman code';
const CUT_STRING = 'a string beyond the end of the block';
const NO_INDEX = 'an index outside the tables';

export interface HpackLimits {
  /** The SETTINGS_HEADER_TABLE_SIZE that this side sends, in bytes. The default of HTTP/2 is 4096. */
  readonly maxTableBytes: number;
  /** The SETTINGS_MAX_HEADER_LIST_SIZE that this side sends: the most that the fields of a block may have, in bytes. */
  readonly maxListBytes: number;
  /** Returns the `kind` of the fields with this name. Called once for a name that stays in use. By default all are 0. */
  readonly kindOf?: (name: string) => number;
}

/** Decodes the field blocks of one connection, in their order. RFC 7541. */
export class HpackDecoder {
  readonly #maxTableBytes: number;
  readonly #maxListBytes: number;
  readonly #kindOf: (name: string) => number;
  readonly #staticNames: FieldName[] = [];
  readonly #staticFields: HeaderField[] = [];
  readonly #table = new DynamicTable(INITIAL_TABLE_BYTES);
  readonly #reader = new BlockReader(Buffer.alloc(0));
  readonly #lastBlock = new LastBytes<DecodedFields>();
  #lastBlockChanges = 0;
  #allowedTableBytes = INITIAL_TABLE_BYTES;
  #isUpdateDue = false;
  #fault: string | undefined;

  constructor({ maxTableBytes, maxListBytes, kindOf }: HpackLimits) {
    this.#maxTableBytes = maxTableBytes;
    this.#maxListBytes = maxListBytes;
    this.#kindOf = kindOf ?? (() => 0);
  }

  /**
   * Call it when the peer acknowledges the SETTINGS with `maxTableBytes`: until then the peer may use 4096 bytes. If its
   * table must get smaller, its next block must begin with a size update. RFC 9113, section 4.3.1.
   */
  settingsAcknowledged(): void {
    this.#allowedTableBytes = this.#maxTableBytes;
    this.#isUpdateDue = this.#table.limit > this.#maxTableBytes;
    this.#lastBlock.forget();
  }

  /**
   * Decodes a whole block, which is that of a HEADERS frame with its CONTINUATION frames. Never throws, and keeps nothing
   * of `bytes`. Returns the same object for the same block while the table does not change; it never changes afterwards.
   */
  decode(bytes: Buffer, start: number, end: number): DecodedBlock {
    const changes = this.#table.changes;
    if (changes !== this.#lastBlockChanges) this.#lastBlock.forget();
    this.#lastBlockChanges = changes;
    const known = this.#lastBlock.find(bytes, start, end);
    if (known !== undefined) return known;
    this.#reader.open(bytes, start, end);
    const block = this.#block();
    if (block.outcome === 'fields' && this.#table.changes === changes)
      this.#lastBlock.remember(bytes, start, end, block);
    return block;
  }

  #block(): DecodedBlock {
    this.#sizeUpdates();
    const reader = this.#reader;
    const fields: HeaderField[] = [];
    let isValid = true;
    let listBytes = 0;
    while (this.#fault === undefined && reader.at < reader.end) {
      const field = this.#next();
      if (field === undefined) continue;
      listBytes += fieldSize(field);
      isValid &&= field.isValid;
      if (listBytes <= this.#maxListBytes) fields.push(field);
    }
    if (this.#fault !== undefined) return { outcome: 'broken', reason: this.#fault };
    if (listBytes > this.#maxListBytes) return { outcome: 'too-long' };
    return { outcome: isValid ? 'fields' : 'malformed', fields };
  }

  /** They come before the fields of a block. RFC 7541, sections 4.2 and 6.3. */
  #sizeUpdates(): void {
    const reader = this.#reader;
    while (reader.at < reader.end && ((reader.bytes[reader.at] ?? 0) & ~SIZE_MASK) === SIZE_UPDATE) {
      const size = reader.integer(SIZE_MASK);
      if (size < 0 || size > this.#allowedTableBytes) {
        this.#fail('a size update above SETTINGS_HEADER_TABLE_SIZE');
        return;
      }
      this.#table.resize(size);
      this.#isUpdateDue = false;
    }
    if (this.#isUpdateDue && reader.at < reader.end)
      this.#fail('no size update after a smaller SETTINGS_HEADER_TABLE_SIZE');
  }

  /** Returns the field that is next; `undefined` after a fault. RFC 7541, section 6. */
  #next(): HeaderField | undefined {
    const first = this.#reader.bytes[this.#reader.at] ?? 0;
    if (first >= INDEXED) return this.#fieldAt(this.#reader.integer(INDEX_MASK));
    if (first >= LITERAL_TO_INDEX) {
      const name = this.#name(LITERAL_TO_INDEX_MASK);
      const field = name === undefined ? undefined : this.#value(name);
      if (name !== undefined && field !== undefined) this.#table.add(field, name);
      return field;
    }
    if (first >= SIZE_UPDATE) return this.#fail('a size update after a field');
    const name = this.#name(LITERAL_MASK);
    return name === undefined ? undefined : this.#value(name);
  }

  #fieldAt(index: number): HeaderField | undefined {
    const field =
      index < FIRST_DYNAMIC_INDEX
        ? (this.#staticFields[index] ?? this.#makeStaticField(index))
        : this.#table.at(index - FIRST_DYNAMIC_INDEX)?.field;
    return field ?? this.#fail(NO_INDEX);
  }

  #makeStaticField(index: number): HeaderField | undefined {
    const entry = staticTable()[index - 1];
    if (entry === undefined) return undefined;
    const field = this.#staticName(index)?.fieldWith(entry.value);
    if (field !== undefined) this.#staticFields[index] = field;
    return field;
  }

  #name(prefixMask: number): FieldName | undefined {
    const index = this.#reader.integer(prefixMask);
    if (index === 0) {
      const text = this.#string();
      return text === undefined ? undefined : new FieldName(text, this.#kindOf);
    }
    const name =
      index < FIRST_DYNAMIC_INDEX ? this.#staticName(index) : this.#table.at(index - FIRST_DYNAMIC_INDEX)?.name;
    return name ?? this.#fail(NO_INDEX);
  }

  /** Indexes with one name share it, so that it remembers one last value. */
  #staticName(index: number): FieldName | undefined {
    const known = this.#staticNames[index];
    if (known !== undefined) return known;
    const entries = staticTable();
    const text = entries[index - 1]?.name;
    if (text === undefined) return undefined;
    const first = entries.findIndex(({ name }) => name === text) + 1;
    const name = first === index ? new FieldName(text, this.#kindOf) : this.#staticName(first);
    if (name !== undefined) this.#staticNames[index] = name;
    return name;
  }

  #value(name: FieldName): HeaderField | undefined {
    const reader = this.#reader;
    const start = reader.at;
    if (!reader.skipString()) return this.#fail(CUT_STRING);
    const end = reader.at;
    const known = name.lastField.find(reader.bytes, start, end);
    if (known !== undefined) return known;
    const text = reader.stringAt(start, end);
    if (text === undefined) return this.#fail(WRONG_CODE);
    const field = name.fieldWith(text);
    name.lastField.remember(reader.bytes, start, end, field);
    return field;
  }

  #string(): string | undefined {
    const start = this.#reader.at;
    if (!this.#reader.skipString()) return this.#fail(CUT_STRING);
    return this.#reader.stringAt(start, this.#reader.at) ?? this.#fail(WRONG_CODE);
  }

  #fail(reason: string): undefined {
    this.#fault = reason;
    this.#lastBlock.forget();
  }
}
