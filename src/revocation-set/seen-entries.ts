import type { Clock } from '../core/ports.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { isUndone, readReach, undoneValue } from '../core/revocation-entry.ts';
import type { RevocationEntry } from './entry.ts';
import { END_OF_CLOCKS, ENTRY_GRACE_SECONDS, isUnrecorded } from './entry.ts';
import { mergeEntries } from './entry-merge.ts';

/** Of what there is no room for, so much goes at once: choosing costs some milliseconds. */
const ROOM_MADE = 0.1;

export interface SeenEntriesParts {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** How many entries are remembered; those for tokens without a record go first, then those that end first. */
  readonly maxEntries: number;
}

/** Entries of the revocation set that this instance has seen itself: they count here, whatever the store says. */
export class SeenEntries {
  private readonly parts: SeenEntriesParts;
  private readonly entries = new Map<string, RevocationEntry>();
  /** Of those that were to begin later, the ones that have begun: a clock that steps back does not change that. */
  private readonly hasBegun = new Set<string>();

  constructor(parts: SeenEntriesParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Remembers an entry that was written here, or what stands once it was written over the one that is known. */
  add(entry: RevocationEntry): void {
    const known = this.entries.get(entry.key);
    this.remember(known, entry, mergeEntries(known, entry));
  }

  /** Remembers an entry as the store has it: of two that end as much its value is the one that stands. */
  learn(entry: RevocationEntry): void {
    const known = this.entries.get(entry.key);
    this.remember(known, entry, known === undefined ? entry : mergeEntries(entry, known));
  }

  /** Whom the entry ends; `undefined` where none is known, or it was taken back. */
  reachOf(key: string): Reach | undefined {
    const entry = this.find(key);
    if (entry === undefined || isUndone(entry.value)) return undefined;
    const reach = readReach(key, entry.value);
    return this.hasBegun.has(key) ? { ...reach, fromSeconds: Number.NEGATIVE_INFINITY } : reach;
  }

  /** An entry has begun to count, and goes on. */
  begun(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined && Number.isFinite(readReach(key, entry.value).fromSeconds)) this.hasBegun.add(key);
  }

  /** Whether an entry is known that an operator took back, and none that was written since. */
  isUndone(key: string): boolean {
    return isUndone(this.find(key)?.value ?? '');
  }

  /** The entry, until long after its end: our clock may be ahead. */
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

  /** The keys of all that is known now, those whose time is over apart. */
  keys(): string[] {
    return [...this.entries.keys()].filter((key) => this.find(key) !== undefined);
  }

  /**
   * What was taken back takes the place of that very value alone, because another one may have been written later; and
   * gives way to any, because to revoke again is always a new act.
   */
  private remember(known: RevocationEntry | undefined, entry: RevocationEntry, merged: RevocationEntry): void {
    const isFree = known === undefined || isUndone(known.value);
    const takesBack = isUndone(entry.value) && (isFree || undoneValue(entry.value) === known?.value);
    if (isUndone(entry.value) && !takesBack) return;
    if (takesBack) this.hasBegun.delete(entry.key);
    this.entries.set(entry.key, isFree || takesBack ? entry : merged);
    if (this.entries.size > this.parts.maxEntries) this.makeRoom();
  }

  private makeRoom(): void {
    const kept = this.keys().length;
    const excess = kept - Math.floor(this.parts.maxEntries * (1 - ROOM_MADE));
    if (kept <= this.parts.maxEntries || excess <= 0) return;
    const last = Float64Array.from(this.entries.values(), worthOf).sort()[excess - 1] ?? 0;
    const drop = (entries: readonly RevocationEntry[]): void => entries.forEach(({ key }) => this.forget(key));
    drop([...this.entries.values()].filter((entry) => worthOf(entry) < last));
    const endingThen = [...this.entries.values()].filter((entry) => worthOf(entry) === last);
    drop(endingThen.slice(0, excess - (kept - this.entries.size)));
  }

  private nowSeconds(): number {
    return this.parts.clock.wallMs() / 1000;
  }
}

function endOf({ expiresAtSeconds }: RevocationEntry): number {
  return expiresAtSeconds ?? Number.POSITIVE_INFINITY;
}

/** What is worth least goes first: anybody can make up ids without a record, so they must not push out a real one. */
function worthOf(entry: RevocationEntry): number {
  return isUnrecorded(entry.value) ? endOf(entry) - END_OF_CLOCKS : endOf(entry);
}
