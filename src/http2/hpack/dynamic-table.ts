import type { FieldName } from './field-name.ts';
import { fieldSize, type HeaderField } from './header-field.ts';

/** An entry of the dynamic table. */
export interface DynamicEntry {
  readonly field: HeaderField;
  readonly name: FieldName;
}

/** The dynamic table: the newest entry first, the oldest evicted when there is no room. RFC 7541, sections 2.3.2 and 4. */
export class DynamicTable {
  /** Counts the changes. While it stays the same, every index means the same. */
  changes = 0;
  /** In bytes. */
  #limit: number;
  #bytes = 0;
  #entries: (DynamicEntry | undefined)[] = [];
  /** Where the newest entry is. The entries before it are older, and before the first is the last. */
  #newest = -1;
  #count = 0;

  /** @param limit in bytes, as section 4.1 counts them. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Returns the entry with this position, which is 0 for the newest. */
  at(position: number): DynamicEntry | undefined {
    if (position >= this.#count) return undefined;
    const at = this.#newest - position;
    return this.#entries[at < 0 ? at + this.#entries.length : at];
  }

  /** A field that is larger than the whole table empties it. RFC 7541, section 4.4. */
  add(field: HeaderField, name: FieldName): void {
    this.changes++;
    const size = fieldSize(field);
    this.#evict(this.#limit - size);
    if (size > this.#limit) return;
    if (this.#count === this.#entries.length) this.#grow();
    this.#newest = this.#newest + 1 === this.#entries.length ? 0 : this.#newest + 1;
    this.#entries[this.#newest] = { field, name };
    this.#count++;
    this.#bytes += size;
  }

  /** Sets the limit in bytes. RFC 7541, section 4.3. */
  resize(limit: number): void {
    this.changes++;
    this.#limit = limit;
    this.#evict(limit);
  }

  /** Removes the oldest entries until the others have at most so many bytes. */
  #evict(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = this.#newest - this.#count + 1;
      const at = oldest < 0 ? oldest + this.#entries.length : oldest;
      const entry = this.#entries[at];
      this.#bytes -= entry === undefined ? 0 : fieldSize(entry.field);
      this.#entries[at] = undefined;
      this.#count--;
    }
  }

  /** Makes room for more entries, oldest first. */
  #grow(): void {
    const { length } = this.#entries;
    const oldestFirst = Array.from({ length }, (_, at) => this.at(length - 1 - at));
    this.#entries = [...oldestFirst, ...Array.from({ length: length || 8 }, () => undefined)];
    this.#newest = length - 1;
  }
}
