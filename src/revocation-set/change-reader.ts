import type { Clock } from '../core/ports.ts';
import { isUndone } from '../core/revocation-entry.ts';
import { BackgroundJob } from '../lib/timers/background-job.ts';
import { ENTRY_GRACE_SECONDS } from './entry.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { SeenEntries } from './seen-entries.ts';

/** Bounds what a storm of changes costs the store: this many keys per this many milliseconds. */
const ROUND_KEYS = 500;
const ROUND_MS = 100;
/** Capacity of the queue. Further keys are dropped: the promise does not depend on learning entries. */
const MAX_QUEUED = 100_000;
/** How much earlier than by our clock the store may drop an expired entry: its clock may be ahead. */
const EXPIRY_TOLERANCE_MS = 15_000;

export interface ChangeReaderParts {
  readonly store: Pick<RevocationStore, 'readEntries'>;
  readonly known: SeenEntries;
  readonly watch: Pick<EpochWatch, 'look' | 'isSound'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Called with the key of each entry that was learnt. */
  readonly learnt: (key: string) => void;
  /** Called with the keys of known entries that vanished from the store before their expiry. */
  readonly vanished: (keys: readonly string[]) => void;
}

/**
 * Learns the entries that the feed reports, and notices those that have vanished. An entry that vanishes before its
 * expiry was evicted by the store, expired by a clock that is ahead, or deleted by hand. None of these undoes a
 * revocation: the entry still applies here and must be rewritten. Only a command undoes one, by a value that says so.
 */
export class ChangeReader {
  private readonly parts: ChangeReaderParts;
  private readonly queued = new Set<string>();
  private readonly job = new BackgroundJob(() => this.learn(), ROUND_MS);
  private breaks = 0;

  constructor(parts: ChangeReaderParts) {
    this.parts = parts;
  }

  /** Has these keys read in the background. */
  enqueue(keys: readonly string[]): void {
    for (const key of keys) if (this.queued.size < MAX_QUEUED) this.queued.add(key);
    if (this.queued.size > 0) void this.job.run();
  }

  /** The feed broke off or may have missed a change. Drops the known keys, which {@link LossReplay} compares. */
  breakOff(): void {
    this.breaks += 1;
    for (const key of this.queued) if (this.parts.known.find(key) !== undefined) this.queued.delete(key);
  }

  end(): void {
    this.job.end();
  }

  private async learn(): Promise<void> {
    const { store, known, watch, learnt } = this.parts;
    const { breaks } = this;
    const keys = [...this.queued].slice(0, ROUND_KEYS);
    // Before the read, so that a key that changes meanwhile is read again.
    for (const key of keys) this.queued.delete(key);
    const entries = await store.readEntries(keys).catch((error: unknown) => {
      this.requeue(keys, breaks);
      throw error;
    });
    for (const entry of entries) {
      if (entry === undefined) continue;
      known.learn(entry);
      learnt(entry.key);
    }
    const missing = keys.filter((key, index) => entries[index] === undefined && known.find(key) !== undefined);
    if (missing.length > 0) await watch.look();
    // LossReplay restores a lost set.
    if (this.breaks === breaks && watch.isSound) this.handleMissing(missing);
    if (this.queued.size > 0) void this.job.run();
  }

  /** Queues keys again whose read failed; after a break of the feed, only the unknown ones. */
  private requeue(keys: readonly string[], breaks: number): void {
    const { known } = this.parts;
    for (const key of keys) if (this.breaks === breaks || known.find(key) === undefined) this.queued.add(key);
  }

  /** Skips keys that are queued again, because they are read again. */
  private handleMissing(keys: readonly string[]): void {
    const gone = keys.filter((key) => !this.queued.has(key));
    const early = gone.filter((key) => this.isEarly(key));
    for (const key of gone) if (!early.includes(key)) this.parts.known.forget(key);
    if (early.length > 0) this.parts.vanished(early);
  }

  private isEarly(key: string): boolean {
    const entry = this.parts.known.find(key);
    if (entry === undefined || isUndone(entry.value)) return false;
    const { expiresAtSeconds = Number.POSITIVE_INFINITY } = entry;
    return (expiresAtSeconds + ENTRY_GRACE_SECONDS) * 1000 > this.parts.clock.wallMs() + EXPIRY_TOLERANCE_MS;
  }
}
