import type { Clock } from '../core/ports.ts';
import type { RevocationStore } from '../store/store.ts';
import { BackgroundJob } from './background-job.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { KnownRevocations } from './known-revocations.ts';

/** A storm of changes costs the store so many keys in every so many milliseconds. */
const ROUND_KEYS = 500;
const ROUND_MS = 100;
/** More news than this are not remembered: what is learnt is a help, and no promise hangs on it. */
const MAX_TOLD = 100_000;
/** The store may forget so much earlier than our clock would: its own is ahead. */
const NATURAL_MS = 15_000;

export interface LearnerParts {
  readonly store: Pick<RevocationStore, 'readEntries'>;
  readonly known: KnownRevocations;
  readonly watch: Pick<EpochWatch, 'look' | 'isSound'>;
  readonly clock: Clock;
  /** Told of each entry that was learnt. */
  readonly learnt: (key: string) => void;
  /** Told that so many entries have gone before their time, which nobody here did. */
  readonly vanished: (count: number) => void;
}

/**
 * Learns the entries that the feed tells of. One that has gone before its time, while the set stands, was deleted by an
 * operator's hand or dropped by the store: it is no longer known, and not written again. A set that came back without it,
 * after a crash or a failover, must not look like that: so it counts as gone only once the same, unbroken feed has
 * proved itself by a beat that was sent later.
 */
export class Learner {
  private readonly parts: LearnerParts;
  private readonly told = new Set<string>();
  /** What was not found, with the monotonic milliseconds after that. */
  private readonly suspects = new Map<string, number>();
  private readonly job = new BackgroundJob(() => this.learn(), ROUND_MS);
  private breaks = 0;

  constructor(parts: LearnerParts) {
    this.parts = parts;
  }

  hear(keys: readonly string[]): void {
    for (const key of keys) if (this.told.size < MAX_TOLD) this.told.add(key);
    if (this.told.size > 0) void this.job.run();
  }

  /** The feed has broken off, or may have missed something: what is known is looked at elsewhere. */
  breakOff(): void {
    this.breaks += 1;
    this.suspects.clear();
    for (const key of this.told) if (this.parts.known.find(key) !== undefined) this.told.delete(key);
  }

  /** The feed has told of everything up to this moment. */
  heardUpTo(monotonicMs: number): void {
    let count = 0;
    for (const [key, sinceMs] of this.suspects) {
      if (sinceMs > monotonicMs) continue;
      this.suspects.delete(key);
      const entry = this.parts.known.find(key);
      this.parts.known.forget(key);
      if (entry !== undefined && !this.isOver(entry.expiresAtSeconds)) count += 1;
    }
    if (count > 0) this.parts.vanished(count);
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
      known.add(entry);
      this.suspects.delete(entry.key);
      learnt(entry.key);
    }
    const missing = keys.filter((key, index) => entries[index] === undefined && known.find(key) !== undefined);
    if (missing.length > 0) await watch.look();
    if (this.breaks === breaks && watch.isSound) this.suspect(missing);
    if (this.told.size > 0) void this.job.run();
  }

  /** Still to be asked for; once the feed has broken off, what is known is looked at elsewhere. */
  private keep(keys: readonly string[], breaks: number): void {
    const { known } = this.parts;
    for (const key of keys) if (this.breaks === breaks || known.find(key) === undefined) this.told.add(key);
  }

  private suspect(keys: readonly string[]): void {
    const nowMs = this.parts.clock.monotonicMs();
    for (const key of keys) if (!this.told.has(key)) this.suspects.set(key, nowMs);
  }

  private isOver(expiresAtSeconds = Number.POSITIVE_INFINITY): boolean {
    return expiresAtSeconds * 1000 <= this.parts.clock.wallMs() + NATURAL_MS;
  }
}
