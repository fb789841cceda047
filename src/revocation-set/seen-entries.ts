import type { Clock } from '../core/ports.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { isUndone, readReach, undoneValue } from '../core/revocation-entry.ts';
import type { RevocationEntry } from './entry.ts';
import { END_OF_CLOCKS, ENTRY_GRACE_SECONDS, isUnrecorded } from './entry.ts';
import { mergeEntries } from './entry-merge.ts';

/** The share of the entries that is dropped at once, since the choice takes some milliseconds. */
const ROOM_MADE = 0.1;

export interface SeenEntriesParts {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Capacity. Entries for tokens without a record are dropped first, then those that expire first. */
  readonly maxEntries: number;
}

/** The entries of the revocation set that this instance has seen. They apply here, whatever the store says. */
export class SeenEntries {
  private readonly parts: SeenEntriesParts;
  private readonly entries = new Map<string, RevocationEntry>();
  /** Keys of entries with a later beginning that now apply, even if the clock steps back. */
  private readonly hasBegun = new Set<string>();

  constructor(parts: SeenEntriesParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Remembers an entry that was written here, merged over the known one. */
  add(entry: RevocationEntry): void {
    const known = this.entries.get(entry.key);
    this.remember(known, entry, mergeEntries(known, entry));
  }

  /** Remembers an entry that was read from the store. Of two equally strong values, the store's is kept. */
  learn(entry: RevocationEntry): void {
    const known = this.entries.get(entry.key);
    this.remember(known, entry, known === undefined ? entry : mergeEntries(entry, known));
  }

  /** Returns which tokens the entry ends; `undefined` if it is unknown or was undone. */
  reachOf(key: string): Reach | undefined {
    const entry = this.find(key);
    if (entry === undefined || isUndone(entry.value)) return undefined;
    const reach = readReach(key, entry.value);
    return this.hasBegun.has(key) ? { ...reach, fromSeconds: Number.NEGATIVE_INFINITY } : reach;
  }

  /** Notes that an entry with a later beginning applies from now on. */
  begun(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined && Number.isFinite(readReach(key, entry.value).fromSeconds)) this.hasBegun.add(key);
  }

  /** Whether an operator undid the entry, and it has not been written since. */
  isUndone(key: string): boolean {
    return isUndone(this.find(key)?.value ?? '');
  }

  /** Returns the entry, until one day after its expiry: our clock may be ahead. */
  find(key: string): RevocationEntry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || endOf(entry) + ENTRY_GRACE_SECONDS > this.nowSeconds()) return entry;
    this.forget(key);
    return undefined;
  }

  forget(key: string): void {
    this.entries.delete(key);
    this.hasBegun.delete(key);
  }

  /** Returns the keys of the known entries that have not expired. */
  keys(): string[] {
    return [...this.entries.keys()].filter((key) => this.find(key) !== undefined);
  }

  /**
   * An undone value replaces only the value that it undoes, because another one may have been written later. Any value
   * replaces an undone one, because a repeated revocation is a new act.
   */
  private remember(known: RevocationEntry | undefined, entry: RevocationEntry, merged: RevocationEntry): void {
    const isFree = known === undefined || isUndone(known.value);
    const undoes = isUndone(entry.value) && (isFree || undoneValue(entry.value) === known?.value);
    if (isUndone(entry.value) && !undoes) return;
    if (undoes) this.hasBegun.delete(entry.key);
    this.entries.set(entry.key, isFree || undoes ? entry : merged);
    if (this.entries.size > this.parts.maxEntries) this.makeRoom();
  }

  private makeRoom(): void {
    const kept = this.keys().length;
    const excess = kept - Math.floor(this.parts.maxEntries * (1 - ROOM_MADE));
    if (kept <= this.parts.maxEntries || excess <= 0) return;
    const last = Float64Array.from(this.entries.values(), valueOf).sort()[excess - 1] ?? 0;
    const drop = (entries: readonly RevocationEntry[]): void => entries.forEach(({ key }) => this.forget(key));
    drop([...this.entries.values()].filter((entry) => valueOf(entry) < last));
    const tied = [...this.entries.values()].filter((entry) => valueOf(entry) === last);
    drop(tied.slice(0, excess - (kept - this.entries.size)));
  }

  private nowSeconds(): number {
    return this.parts.clock.wallMs() / 1000;
  }
}

function endOf({ expiresAtSeconds }: RevocationEntry): number {
  return expiresAtSeconds ?? Number.POSITIVE_INFINITY;
}

/** The least valuable entry is dropped first. Ids without a record can be made up, so they must not evict real ones. */
function valueOf(entry: RevocationEntry): number {
  return isUnrecorded(entry.value) ? endOf(entry) - END_OF_CLOCKS : endOf(entry);
}
