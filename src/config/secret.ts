import { inspect } from 'node:util';

const REDACTED = '[secret]';

/** Secret bytes. JSON, string conversion and `util.inspect` print a placeholder instead. */
export class Secret {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns the bytes, for the one place that uses them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
