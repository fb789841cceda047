import { mergeEntries } from '../store/entry-merge.ts';
import type { RevocationEntry, RevocationStore } from '../store/store.ts';
import { BackgroundJob } from './background-job.ts';
import type { KnownRevocations } from './known-revocations.ts';

/** Few enough to be read and written well within a write's time. */
const ROUND_KEYS = 500;

export interface RestorerParts {
  readonly store: Pick<RevocationStore, 'readEntries' | 'write'>;
  readonly known: KnownRevocations;
  /** Told how many entries were written again. */
  readonly rewritten: (count: number) => void;
}

/** Writes again what is known and the store has lost, whole entries and stronger values, each with its expiry. */
export class Restorer {
  private readonly parts: RestorerParts;
  private readonly job = new BackgroundJob(() => this.restore());

  constructor(parts: RestorerParts) {
    this.parts = parts;
  }

  /** Where the store fails meanwhile, it is tried again. */
  start(): void {
    void this.job.run();
  }

  end(): void {
    this.job.end();
  }

  private async restore(): Promise<void> {
    const keys = this.parts.known.keys();
    for (let first = 0; first < keys.length; first += ROUND_KEYS) {
      await this.restoreRound(keys.slice(first, first + ROUND_KEYS));
    }
  }

  private async restoreRound(keys: readonly string[]): Promise<void> {
    const { store, known, rewritten } = this.parts;
    const entries = await store.readEntries(keys);
    const lacking = keys.flatMap((key, index) => {
      const entry = known.find(key);
      return entry !== undefined && isWeaker(entries[index], entry) ? [entry] : [];
    });
    await Promise.all(lacking.map((entry) => store.write(entry)));
    if (lacking.length > 0) rewritten(lacking.length);
  }
}

/** Its expiry is not looked at: that is measured anew each time, and is never quite the same. */
function isWeaker(standing: RevocationEntry | undefined, known: RevocationEntry): boolean {
  return standing === undefined || mergeEntries(standing, known).value !== standing.value;
}
