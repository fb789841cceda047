/** What a {@link SecondChanceCache} holds. */
export interface Cached {
  /** About how much memory it takes, in bytes. */
  readonly bytes: number;
  /** Whether it was used since the cache last looked for something to evict. Its user sets this. */
  used: boolean;
}

/** So much of the size may be removed before the hand is made anew: an eighth. */
const MOST_PASSED_BY = 8;

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
  /** How many values were removed before the hand came to them, since it was made. */
  private passedBy = 0;
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
    this.renewHand();
    if (value.bytes > this.maxBytes) return;
    this.bytes += value.bytes;
    while (this.entries.size >= this.max || this.bytes > this.maxBytes) this.evict();
    this.entries.set(key, value);
  }

  delete(key: Key): void {
    const value = this.entries.get(key);
    if (value === undefined) return;
    this.bytes -= value.bytes;
    this.passedBy += 1;
    this.entries.delete(key);
  }

  values(): IterableIterator<Value> {
    return this.entries.values();
  }

  /**
   * An iterator that does not move keeps every table of the map since it was made, with the values that were in them: in a
   * cache that is not full, each value that was replaced. A new one begins at the same value, as the oldest are passed first.
   */
  private renewHand(): void {
    if (this.passedBy * MOST_PASSED_BY <= this.entries.size) return;
    this.hand = this.entries.entries();
    this.passedBy = 0;
  }

  private evict(): void {
    const next = this.hand.next();
    if (next.done === true) {
      this.hand = this.entries.entries();
      return;
    }
    const [key, value] = next.value;
    if (!value.used) {
      this.bytes -= value.bytes;
      this.entries.delete(key);
      return;
    }
    value.used = false;
    this.entries.delete(key);
    this.entries.set(key, value);
  }
}
