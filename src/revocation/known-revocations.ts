import type { Clock } from '../core/ports.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { readReach } from '../core/revocation-entry.ts';
import { mergeEntries } from '../store/entry-merge.ts';
import type { RevocationEntry } from '../store/store.ts';

/** Of what there is no room for, so much goes at once: choosing costs some milliseconds. */
const ROOM_MADE = 0.1;

export interface KnownRevocationsParts {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** How many entries are remembered; those that end first go first. */
  readonly maxEntries: number;
}

/** Entries of the revocation set that this instance has seen itself: they count here, whatever the store says. */
export class KnownRevocations {
  private readonly parts: KnownRevocationsParts;
  private readonly entries = new Map<string, RevocationEntry>();

  constructor(parts: KnownRevocationsParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Remembers an entry, or what stands once it was written over the one that is known. */
  add(entry: RevocationEntry): void {
    this.entries.set(entry.key, mergeEntries(this.entries.get(entry.key), entry));
    if (this.entries.size > this.parts.maxEntries) this.makeRoom();
  }

  /** Whom the entry ends; `undefined` where none is known. */
  reachOf(key: string): Reach | undefined {
    const entry = this.find(key);
    return entry && readReach(key, entry.value);
  }

  /** The entry, unless its time is over. */
  find(key: string): RevocationEntry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || endOf(entry) > this.nowSeconds()) return entry;
    this.entries.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  /** The keys of all that is known now, those whose time is over apart. */
  keys(): string[] {
    return [...this.entries.keys()].filter((key) => this.find(key) !== undefined);
  }

  private makeRoom(): void {
    const kept = this.keys().length;
    const excess = kept - Math.floor(this.parts.maxEntries * (1 - ROOM_MADE));
    if (kept <= this.parts.maxEntries || excess <= 0) return;
    const last = Float64Array.from(this.entries.values(), endOf).sort()[excess - 1] ?? 0;
    const drop = (entries: readonly RevocationEntry[]): void => entries.forEach(({ key }) => this.entries.delete(key));
    drop([...this.entries.values()].filter((entry) => endOf(entry) < last));
    const endingThen = [...this.entries.values()].filter((entry) => endOf(entry) === last);
    drop(endingThen.slice(0, excess - (kept - this.entries.size)));
  }

  private nowSeconds(): number {
    return this.parts.clock.wallMs() / 1000;
  }
}

function endOf({ expiresAtSeconds }: RevocationEntry): number {
  return expiresAtSeconds ?? Number.POSITIVE_INFINITY;
}
