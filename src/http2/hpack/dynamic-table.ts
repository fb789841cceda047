import type { NamedField } from './field-name.ts';
import { fieldSize } from './header-field.ts';

/** The dynamic table: the oldest fields are evicted when there is no room. RFC 7541, sections 2.3.2 and 4. */
export class DynamicTable {
  /** Counts the changes. While it stays the same, every index means the same. */
  changes = 0;
  /** In bytes, as section 4.1 counts them. */
  limit: number;
  #bytes = 0;
  /** The newest is the last. */
  readonly #fields: NamedField[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Returns the field with this position, which is 0 for the newest. */
  at(position: number): NamedField | undefined {
    return this.#fields[this.#fields.length - 1 - position];
  }

  /** A field that is larger than the whole table empties it. RFC 7541, section 4.4. */
  add(field: NamedField): void {
    const size = fieldSize(field);
    this.#evict(this.limit - size);
    if (size > this.limit) return;
    this.#fields.push(field);
    this.#bytes += size;
  }

  /** Sets the limit. RFC 7541, section 4.3. */
  resize(limit: number): void {
    this.limit = limit;
    this.#evict(limit);
  }

  /** Removes the oldest until the others have at most so many bytes. */
  #evict(bytes: number): void {
    this.changes++;
    while (this.#bytes > bytes) {
      const oldest = this.#fields.shift();
      if (oldest === undefined) return;
      this.#bytes -= fieldSize(oldest);
    }
  }
}
