import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { MarkTimes } from '../../revocation-set/entry-merge.ts';
import { mergeEntries, raiseMark, restoreEntry } from '../../revocation-set/entry-merge.ts';
import type {
  EpochReading,
  RevocationFeed,
  RevocationListener,
  RevocationReading,
  RevocationStore,
} from '../../revocation-set/revocation-store.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { StoredRecord } from '../store.ts';
import type { Life } from './life.ts';

/** The revocation set in memory, and its feed. The listener learns of a write before the write resolves. */
export class MemoryRevocations implements RevocationStore, RevocationFeed {
  epoch: EpochReading = new Map([[EPOCH_PREFIX, undefined]]);
  private readonly life: Life;
  private readonly entries = new Map<string, RevocationEntry>();
  private listener: RevocationListener | undefined;

  constructor(life: Life) {
    this.life = life;
  }

  async read(keys: readonly string[]): Promise<RevocationReading> {
    this.life.check();
    if (keys.length === 0) return { values: [], epochs: [] };
    return { values: keys.map((key) => this.entries.get(key)?.value), epochs: [...this.epoch] };
  }

  async readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]> {
    this.life.check();
    return keys.map((key) => this.entries.get(key));
  }

  async write(entry: RevocationEntry): Promise<void> {
    this.life.check();
    this.put(entry);
  }

  async restore(entry: RevocationEntry): Promise<void> {
    this.life.check();
    this.entries.set(entry.key, restoreEntry(this.entries.get(entry.key), entry));
  }

  async undo(expected: string, undone: RevocationEntry): Promise<boolean> {
    this.life.check();
    if (this.entries.get(undone.key)?.value !== expected) return false;
    this.entries.set(undone.key, undone);
    this.listener?.wrote(undone);
    return true;
  }

  /** Merges an entry into the set, as `write` does. */
  put(entry: RevocationEntry): void {
    this.entries.set(entry.key, mergeEntries(this.entries.get(entry.key), entry));
    this.listener?.wrote(entry);
  }

  /** Raises a not-before mark and returns the raised mark. */
  raise(key: string, times: MarkTimes): RevocationEntry {
    const raised = raiseMark(this.entries.get(key), key, times);
    this.put(raised);
    return raised;
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.entries.values()) yield { kind: 'revocation', record };
  }

  follow(listener: RevocationListener): void {
    if (this.listener !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    for (const entry of this.entries.values()) listener.wrote(entry);
    listener.heardUpTo(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }
}
