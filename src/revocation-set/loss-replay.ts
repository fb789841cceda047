import { setTimeout as wait } from 'node:timers/promises';
import { isUndone } from '../core/revocation-entry.ts';
import { BackgroundJob } from '../lib/timers/background-job.ts';
import type { RevocationEntry } from './entry.ts';
import { mergeEntries } from './entry-merge.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { SeenEntries } from './seen-entries.ts';

/** Few enough to be read and written well within the time limit of a write. */
const ROUND_KEYS = 500;

/** Pause between two rounds of vanished entries, so that a store which evicts keys is not driven in circles. */
const PAUSE_MS = 1_000;

export interface LossReplayParts {
  readonly store: Pick<RevocationStore, 'readEntries' | 'restore'>;
  readonly known: SeenEntries;
  /** Called with the number of entries that were rewritten. */
  readonly rewritten: (count: number) => void;
  /** Called with the key of each entry that the store has. */
  readonly learnt: (key: string) => void;
}

/** Rewrites what the store has lost of the seen entries, whole entries and stronger values, each with its expiry. */
export class LossReplay {
  private readonly parts: LossReplayParts;
  private readonly all = new BackgroundJob(() => this.restoreAll());
  private readonly single = new BackgroundJob(() => this.restoreVanished());
  private readonly vanished = new Set<string>();
  private readonly ended = new AbortController();

  constructor(parts: LossReplayParts) {
    this.parts = parts;
  }

  /** Compares all seen entries with the store. Retries if the store fails. */
  start(): void {
    void this.all.run();
  }

  /** Compares these entries only: the first of them at once, further ones in rounds. */
  restore(keys: readonly string[]): void {
    for (const key of keys) this.vanished.add(key);
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

  private async restoreVanished(): Promise<void> {
    const keys = [...this.vanished].slice(0, ROUND_KEYS);
    await this.restoreRound(keys);
    for (const key of keys) this.vanished.delete(key);
    if (this.vanished.size === 0) return;
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

/** Ignores the expiry, which every read computes anew and which is never quite the same. */
function isWeaker(existing: RevocationEntry | undefined, known: RevocationEntry): boolean {
  return existing === undefined || mergeEntries(existing, known).value !== existing.value;
}
