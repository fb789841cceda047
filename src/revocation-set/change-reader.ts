import type { Clock } from '../core/ports.ts';
import { isUndone } from '../core/revocation-entry.ts';
import { BackgroundJob } from '../lib/background-job.ts';
import { ENTRY_GRACE_SECONDS } from './entry.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { SeenEntries } from './seen-entries.ts';

/** A storm of changes costs the store so many keys in every so many milliseconds. */
const ROUND_KEYS = 500;
const ROUND_MS = 100;
/** More news than this are not remembered: what is learnt is a help, and no promise hangs on it. */
const MAX_TOLD = 100_000;
/** The store may forget so much earlier than our clock would: its own is ahead by less than it makes up for. */
const NATURAL_MS = 15_000;

export interface ChangeReaderParts {
  readonly store: Pick<RevocationStore, 'readEntries'>;
  readonly known: SeenEntries;
  readonly watch: Pick<EpochWatch, 'look' | 'isSound'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told of each entry that was learnt. */
  readonly learnt: (key: string) => void;
  /** Told of entries that are known and have gone from the store before their time. */
  readonly vanished: (keys: readonly string[]) => void;
}

/**
 * Learns the entries that the feed tells of, and notices those that have gone. One that goes before its time, as this
 * instance knows it, was dropped by the store, expired by a clock that is ahead, or deleted by hand: none of these takes
 * a revocation back, so it counts on here and is to be written again. To take one back is a command, which leaves a
 * value that says so.
 */
export class ChangeReader {
  private readonly parts: ChangeReaderParts;
  private readonly told = new Set<string>();
  private readonly job = new BackgroundJob(() => this.learn(), ROUND_MS);
  private breaks = 0;

  constructor(parts: ChangeReaderParts) {
    this.parts = parts;
  }

  hear(keys: readonly string[]): void {
    for (const key of keys) if (this.told.size < MAX_TOLD) this.told.add(key);
    if (this.told.size > 0) void this.job.run();
  }

  /** The feed has broken off, or may have missed something: all that is known is looked at elsewhere. */
  breakOff(): void {
    this.breaks += 1;
    for (const key of this.told) if (this.parts.known.find(key) !== undefined) this.told.delete(key);
  }

  end(): void {
    this.job.end();
  }

  private async learn(): Promise<void> {
    const { store, known, watch, learnt } = this.parts;
    const { breaks } = this;
    const keys = [...this.told].slice(0, ROUND_KEYS);
    // First, so that what is told meanwhile is asked for again.
    for (const key of keys) this.told.delete(key);
    const entries = await store.readEntries(keys).catch((error: unknown) => {
      this.keep(keys, breaks);
      throw error;
    });
    for (const entry of entries) {
      if (entry === undefined) continue;
      known.learn(entry);
      learnt(entry.key);
    }
    const missing = keys.filter((key, index) => entries[index] === undefined && known.find(key) !== undefined);
    if (missing.length > 0) await watch.look();
    // Elsewhere a whole set is seen to.
    if (this.breaks === breaks && watch.isSound) this.miss(missing);
    if (this.told.size > 0) void this.job.run();
  }

  /** Still to be asked for; once the feed has broken off, what is known is looked at elsewhere. */
  private keep(keys: readonly string[], breaks: number): void {
    const { known } = this.parts;
    for (const key of keys) if (this.breaks === breaks || known.find(key) === undefined) this.told.add(key);
  }

  /** What is told of again meanwhile is looked at again. */
  private miss(keys: readonly string[]): void {
    const gone = keys.filter((key) => !this.told.has(key));
    const early = gone.filter((key) => this.isEarly(key));
    for (const key of gone) if (!early.includes(key)) this.parts.known.forget(key);
    if (early.length > 0) this.parts.vanished(early);
  }

  private isEarly(key: string): boolean {
    const entry = this.parts.known.find(key);
    if (entry === undefined || isUndone(entry.value)) return false;
    const { expiresAtSeconds = Number.POSITIVE_INFINITY } = entry;
    return (expiresAtSeconds + ENTRY_GRACE_SECONDS) * 1000 > this.parts.clock.wallMs() + NATURAL_MS;
  }
}
