/** What a {@link SecondChanceCache} holds. */
export interface Cached {
  /** About how much memory it takes, in bytes. */
  readonly bytes: number;
  /** Whether it was used since the cache last looked for something to evict. Whoever uses it sets this. */
  used: boolean;
}

/**
 * A cache that is bounded in number and in memory. Evicts what has not been used for longest, roughly: what was used is
 * passed over once (the CLOCK algorithm). A use is therefore one write to what was found anyway, where an exact order costs
 * writes to its neighbours in a list, which are in no processor's cache if there are many.
 */
export class SecondChanceCache<Key, Value extends Cached> {
  private readonly max: number;
  private readonly maxBytes: number;
  private readonly entries = new Map<Key, Value>();
  /** Goes round all entries, the oldest first. What it passes over goes to the end. */
  private hand = this.entries.entries();
  private bytes = 0;

  /**
   * @param max the most values.
   * @param maxBytes the most memory they may use together.
   */
  constructor(max: number, maxBytes: number) {
    this.max = max;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  /** Adds or replaces a value. One that needs more than all the memory is not kept. */
  set(key: Key, value: Value): void {
    this.delete(key);
    if (value.bytes > this.maxBytes) return;
    this.bytes += value.bytes;
    while (this.entries.size >= this.max || this.bytes > this.maxBytes) this.evict();
    this.entries.set(key, value);
  }

  delete(key: Key): void {
    const value = this.entries.get(key);
    if (value === undefined) return;
    this.bytes -= value.bytes;
    this.entries.delete(key);
  }

  values(): IterableIterator<Value> {
    return this.entries.values();
  }

  private evict(): void {
    const next = this.hand.next();
    if (next.done === true) {
      this.hand = this.entries.entries();
      return;
    }
    const [key, value] = next.value;
    if (!value.used) return this.delete(key);
    value.used = false;
    this.entries.delete(key);
    this.entries.set(key, value);
  }
}
