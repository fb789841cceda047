import { setTimeout as wait } from 'node:timers/promises';
import { isUndone } from '../core/revocation-entry.ts';
import { BackgroundJob } from '../lib/background-job.ts';
import type { RevocationEntry } from './entry.ts';
import { mergeEntries } from './entry-merge.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { SeenEntries } from './seen-entries.ts';

/** Few enough to be read and written well within a write's time. */
const ROUND_KEYS = 500;

/** Between two rounds of entries that went one by one: a store that drops keys for want of room is not driven round. */
const PAUSE_MS = 1_000;

export interface LossReplayParts {
  readonly store: Pick<RevocationStore, 'readEntries' | 'restore'>;
  readonly known: SeenEntries;
  /** Told how many entries were written again. */
  readonly rewritten: (count: number) => void;
  /** Told of each entry that the store has. */
  readonly learnt: (key: string) => void;
}

/** Writes again what is known and the store has lost, whole entries and stronger values, each with its expiry. */
export class LossReplay {
  private readonly parts: LossReplayParts;
  private readonly all = new BackgroundJob(() => this.restoreAll());
  private readonly single = new BackgroundJob(() => this.restoreGone());
  private readonly gone = new Set<string>();
  private readonly ended = new AbortController();

  constructor(parts: LossReplayParts) {
    this.parts = parts;
  }

  /** Looks at all that is known. Where the store fails meanwhile, it is tried again. */
  start(): void {
    void this.all.run();
  }

  /** Looks at these alone: the first of them at once, further ones in rounds. */
  restore(keys: readonly string[]): void {
    for (const key of keys) this.gone.add(key);
    void this.single.run();
  }

  end(): void {
    this.ended.abort();
    for (const job of [this.all, this.single]) job.end();
  }

  private async restoreAll(): Promise<void> {
    const keys = this.parts.known.keys();
    for (let first = 0; first < keys.length; first += ROUND_KEYS) {
      await this.restoreRound(keys.slice(first, first + ROUND_KEYS));
    }
  }

  private async restoreGone(): Promise<void> {
    const keys = [...this.gone].slice(0, ROUND_KEYS);
    await this.restoreRound(keys);
    for (const key of keys) this.gone.delete(key);
    if (this.gone.size === 0) return;
    await wait(PAUSE_MS, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
    void this.single.run();
  }

  private async restoreRound(keys: readonly string[]): Promise<void> {
    const { store, known, rewritten, learnt } = this.parts;
    const entries = await store.readEntries(keys);
    for (const entry of entries) {
      if (entry === undefined) continue;
      known.learn(entry);
      learnt(entry.key);
    }
    const lacking = keys.flatMap((key, index) => {
      const entry = known.find(key);
      return entry !== undefined && !isUndone(entry.value) && isWeaker(entries[index], entry) ? [entry] : [];
    });
    await Promise.all(lacking.map((entry) => store.restore(entry)));
    if (lacking.length > 0) rewritten(lacking.length);
  }
}

/** Its expiry is not looked at: that is measured anew each time, and is never quite the same. */
function isWeaker(standing: RevocationEntry | undefined, known: RevocationEntry): boolean {
  return standing === undefined || mergeEntries(standing, known).value !== standing.value;
}
