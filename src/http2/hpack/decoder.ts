import { BlockReader } from './block-reader.ts';
import { DynamicTable } from './dynamic-table.ts';
import { FieldName, type NamedField } from './field-name.ts';
import { type DecodedBlock, type DecodedFields, fieldSize, type HeaderField } from './header-field.ts';
import { LastBytes } from './last-bytes.ts';
import { FIRST_DYNAMIC_INDEX, staticTable } from './static-table.ts';

/** The size of a table until SETTINGS say another. RFC 9113, section 6.5.2. */
const INITIAL_TABLE_BYTES = 4096;

/** The lowest first byte of each representation, and the masks of the integers in it. RFC 7541, section 6. */
const INDEXED = 0x80;
const INDEX_MASK = 0x7f;
const LITERAL_TO_INDEX = 0x40;
const LITERAL_TO_INDEX_MASK = 0x3f;
const SIZE_UPDATE = 0x20;
const SIZE_MASK = 0x1f;
const LITERAL_MASK = 0x0f;

const WRONG_INDEX = 'an index outside the tables';
const WRONG_STRING = 'a string that is cut, or that is no Huffman code';

/** So many names remember their last value. Once they do, one is exchanged now and then only: in turn, it would be of no use. */
const MOST_REMEMBERED = 16;
const PATIENCE = 8;

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
  readonly #limits: HpackLimits;
  readonly #staticFields: NamedField[] = [];
  readonly #table = new DynamicTable(INITIAL_TABLE_BYTES);
  readonly #reader = new BlockReader();
  readonly #lastBlock = new LastBytes<DecodedFields>();
  #lastBlockChanges = 0;
  #allowedTableBytes = INITIAL_TABLE_BYTES;
  #isUpdateDue = false;
  readonly #remembered: FieldName[] = [];
  #nextRemembered = 0;
  #fault: string | undefined;

  constructor(limits: HpackLimits) {
    this.#limits = limits;
  }

  /**
   * Call it when the peer acknowledges the SETTINGS with `maxTableBytes`: until then the peer may use 4096 bytes. If its
   * table must get smaller, its next block must begin with a size update. RFC 9113, section 4.3.1.
   */
  settingsAcknowledged(): void {
    this.#allowedTableBytes = this.#limits.maxTableBytes;
    this.#isUpdateDue = this.#table.limit > this.#allowedTableBytes;
    this.#lastBlock.forget();
  }

  /**
   * Decodes a whole block, which is that of a HEADERS frame with its CONTINUATION frames. Never throws, and keeps nothing
   * of `bytes`. Returns the same object for the same block while the table does not change; it never changes afterwards.
   */
  decode(bytes: Buffer, start: number, end: number): DecodedBlock {
    const { changes } = this.#table;
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
    const { maxListBytes } = this.#limits;
    const reader = this.#reader;
    const fields: HeaderField[] = [];
    let isValid = true;
    let listBytes = 0;
    this.#readSizeUpdates();
    while (this.#fault === undefined && reader.at < reader.end) {
      const field = this.#readField();
      if (field === undefined) break;
      listBytes += fieldSize(field);
      isValid &&= field.isValid;
      if (listBytes <= maxListBytes) fields.push(field);
    }
    if (this.#fault !== undefined) return { outcome: 'broken', reason: this.#fault };
    if (listBytes > maxListBytes) return { outcome: 'too-long' };
    return { outcome: isValid ? 'fields' : 'malformed', fields };
  }

  /** They come before the fields of a block. RFC 7541, sections 4.2 and 6.3. */
  #readSizeUpdates(): void {
    const reader = this.#reader;
    while ((reader.peek() & ~SIZE_MASK) === SIZE_UPDATE) {
      const size = reader.integer(SIZE_MASK);
      if (size < 0 || size > this.#allowedTableBytes) return this.#fail('a size above SETTINGS_HEADER_TABLE_SIZE');
      this.#table.resize(size);
      this.#isUpdateDue = false;
    }
    if (this.#isUpdateDue && reader.at < reader.end)
      this.#fail('no size update after smaller SETTINGS_HEADER_TABLE_SIZE');
  }

  /** RFC 7541, sections 6.1 and 6.2. Like all below, returns `undefined` after a fault. */
  #readField(): NamedField | undefined {
    const first = this.#reader.peek();
    if (first >= INDEXED) return this.#fieldAt(this.#reader.integer(INDEX_MASK));
    const isToIndex = first >= LITERAL_TO_INDEX;
    if (!isToIndex && first >= SIZE_UPDATE) return this.#fail('a size update after a field');
    const name = this.#readName(isToIndex ? LITERAL_TO_INDEX_MASK : LITERAL_MASK);
    const field = name === undefined ? undefined : this.#readValue(name);
    if (isToIndex && field !== undefined) this.#table.add(field);
    return field;
  }

  #readName(prefixMask: number): FieldName | undefined {
    const index = this.#reader.integer(prefixMask);
    if (index !== 0) return this.#fieldAt(index)?.origin;
    const text = this.#reader.string();
    return text === undefined ? this.#fail(WRONG_STRING) : this.#newName(text);
  }

  #readValue(name: FieldName): NamedField | undefined {
    const reader = this.#reader;
    const start = reader.at;
    const { lastField } = name;
    if (lastField !== undefined && reader.skipString() >= 0) {
      const known = lastField.find(reader.bytes, start, reader.at);
      if (known !== undefined) return known;
    }
    reader.at = start;
    const text = reader.string();
    if (text === undefined) return this.#fail(WRONG_STRING);
    const field = name.fieldWith(text);
    if (lastField === undefined && name.isInUse) this.#rememberValuesOf(name);
    name.lastField?.remember(reader.bytes, start, reader.at, field);
    name.isInUse = true;
    return field;
  }

  /** Has a name remember its last value from now on. Another one stops if there are many: a client may use any number of names. */
  #rememberValuesOf(name: FieldName): void {
    const place = this.#nextRemembered++ % (MOST_REMEMBERED * PATIENCE);
    if (place >= MOST_REMEMBERED) return;
    const former = this.#remembered[place];
    if (former !== undefined) former.lastField = undefined;
    this.#remembered[place] = name;
    name.lastField = new LastBytes(1);
  }

  #fieldAt(index: number): NamedField | undefined {
    const field =
      index < FIRST_DYNAMIC_INDEX
        ? (this.#staticFields[index] ?? this.#staticField(index))
        : this.#table.at(index - FIRST_DYNAMIC_INDEX);
    return field ?? this.#fail(WRONG_INDEX);
  }

  /** Fields with one name share it, so that it remembers one last value. */
  #staticField(index: number): NamedField | undefined {
    const entry = staticTable()[index - 1];
    if (entry === undefined) return undefined;
    const name = this.#staticFields.find((field) => field?.name === entry.name)?.origin ?? this.#newName(entry.name);
    const field = name.fieldWith(entry.value);
    this.#staticFields[index] = field;
    return field;
  }

  #newName(text: string): FieldName {
    return new FieldName(text, this.#limits.kindOf ?? (() => 0));
  }

  #fail(reason: string): undefined {
    this.#fault = reason;
    this.#lastBlock.forget();
  }
}
