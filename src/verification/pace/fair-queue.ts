/** The most items of one source while no other source has any; otherwise the sources share the room. */
const MOST = 1_024;
/** The most items in all. */
const MOST_IN_ALL = 4 * MOST;

/**
 * A bounded queue that serves its sources in turns, so that a source with many items delays the others by one item at most
 * each time, and does not keep them out.
 */
export class FairQueue<Item> {
  /** The sources in the order of their turns. */
  private readonly sources = new Map<string, Item[]>();
  private items = 0;

  get size(): number {
    return this.items;
  }

  /** Adds an item, unless its source has used up its share of the room. Returns whether it was added. */
  add(source: string, item: Item): boolean {
    const own = this.sources.get(source);
    const sources = this.sources.size + (own === undefined ? 1 : 0);
    if (this.items >= MOST_IN_ALL || (own?.length ?? 0) >= MOST / sources) return false;
    if (own === undefined) this.sources.set(source, [item]);
    else own.push(item);
    this.items += 1;
    return true;
  }

  /** Removes and returns the first item of the source whose turn it is. */
  take(): Item | undefined {
    for (const [source, items] of this.sources) {
      const item = items.shift();
      this.sources.delete(source);
      if (items.length > 0) this.sources.set(source, items);
      this.items -= 1;
      return item;
    }
    return undefined;
  }

  /** Removes and returns all items that pass, in no order. */
  remove(passes: (item: Item) => boolean): readonly Item[] {
    const removed: Item[] = [];
    for (const [source, items] of this.sources) {
      const kept = items.filter((item) => !passes(item) || removed.push(item) === 0);
      if (kept.length > 0) this.sources.set(source, kept);
      else this.sources.delete(source);
    }
    this.items -= removed.length;
    return removed;
  }

  /** All items, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const items of this.sources.values()) yield* items;
  }
}
