/** Longer bytes are not remembered. */
const MOST = 128;
/** After so many others in a row, only every so many are remembered: bytes that always change are not worth a copy. */
const PATIENCE = 8;

/** Remembers what the last bytes meant, because on a connection the same ones come again and again. */
export class LastBytes<Meaning> {
  #bytes: Uint8Array | undefined;
  #length = -1;
  #meaning: Meaning | undefined;
  #misses: number;

  /** @param misses how often bytes were not found before. */
  constructor(misses = 0) {
    this.#misses = misses;
  }

  /** Returns what the bytes from `start` to `end` meant if they are the remembered ones. */
  find(bytes: Uint8Array, start: number, end: number): Meaning | undefined {
    if (end - start !== this.#length || this.#bytes === undefined) return undefined;
    const own = this.#bytes;
    for (let at = this.#length - 1; at >= 0; at--) {
      if (own[at] !== bytes[start + at]) return undefined;
    }
    this.#misses = 0;
    return this.#meaning;
  }

  /** Takes bytes that were not found; not the first ones, so that what comes only once costs nothing. */
  remember(bytes: Uint8Array, start: number, end: number, meaning: Meaning): void {
    this.#misses++;
    if (this.#misses === 1) return;
    if (end - start > MOST || (this.#misses > PATIENCE && this.#misses % PATIENCE !== 0)) return;
    this.#bytes ??= new Uint8Array(MOST);
    for (let at = start; at < end; at++) this.#bytes[at - start] = bytes[at] ?? 0;
    this.#length = end - start;
    this.#meaning = meaning;
  }

  forget(): void {
    this.#length = -1;
    this.#meaning = undefined;
  }
}
