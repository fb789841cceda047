import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
import { BackgroundJob } from '../lib/background-job.ts';
import type { EpochRecord, EpochVerdict, NewEpoch } from './epoch.ts';
import { formatEpoch, judgeEpoch, judgeMissing } from './epoch.ts';
import type { EpochPair, EpochStore } from './revocation-store.ts';

/** Others write a record too; each of these tries that fails means that one of them did. */
const MAX_TRIES = 20;

/** The revocation set is not, or may not be, the one that was known: what it does not hold may be revoked. */
export class SetLostError extends StoreError {}

/**
 * Announces, in the store, the loss of what was known of it before it was opened: what is written to an older copy would
 * make it look like the newest one. For who looks at a store once; an instance that watches it does so by itself.
 */
export async function announceMissing(store: EpochStore, nowSeconds: number): Promise<void> {
  const { missing } = store;
  if (missing === undefined) return;
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const swaps = [...(await store.read())].map(async ([key, found]) => {
      const { record, isNew } = judgeMissing(missing, found, { epoch: newEpoch(), nowSeconds });
      return !isNew || (await store.swap(key, found, formatEpoch(record)));
    });
    if ((await Promise.all(swaps)).every(Boolean)) return;
  }
  throw new StoreError('the epoch record changes again and again');
}

function newEpoch(): string {
  return randomBytes(12).toString('base64url');
}

export interface EpochWatchParts {
  readonly store: EpochStore;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told at once when nothing that was read before counts any more. */
  readonly distrust: () => void;
  /** Told once {@link EpochWatch.lostSinceSeconds} has changed, or an epoch is followed by another. */
  readonly turned: () => void;
}

interface Known {
  readonly record: EpochRecord;
  /** The record as it lies in the store. */
  readonly text: string;
}

/** Watches whether the revocation set is the one that was known, part by part, and tells all instances where one was lost. */
export class EpochWatch {
  private readonly parts: EpochWatchParts;
  private readonly known = new Map<string, Known>();
  private readonly job: BackgroundJob;
  /** Whether something else was read than was known, and is still to be looked at. */
  private isDoubted = true;

  constructor(parts: EpochWatchParts) {
    this.parts = parts;
    this.job = new BackgroundJob(() => this.lookAtAll());
  }

  /** Whether what is read from the set counts. */
  get isSound(): boolean {
    return !this.isDoubted && this.lostSinceSeconds === undefined;
  }

  /** Unix seconds of the first notice, while any part is lost and that is not accepted. */
  get lostSinceSeconds(): number | undefined {
    const notices = [...this.known.values()].flatMap(({ record }) => record.loss?.noticedAt ?? []);
    return notices.length === 0 ? undefined : Math.min(...notices);
  }

  /** Reads the records, adopts or writes them. Rejects with `StoreError` where that fails, and goes on trying. */
  look(): Promise<void> {
    return this.job.run();
  }

  end(): void {
    this.job.end();
  }

  /**
   * Throws {@link SetLostError} unless every record of a read is the one that is known and no part is lost. A read
   * without any record is not trusted either.
   */
  check(epochs: readonly EpochPair[]): void {
    const isKnown = ([key, text]: EpochPair): boolean => text !== undefined && this.known.get(key)?.text === text;
    if (epochs.length === 0 || !epochs.every(isKnown)) this.doubt();
    if (this.isSound) return;
    throw new SetLostError(
      this.isDoubted
        ? 'the revocation set is not the one that was known, and is being looked at'
        : 'the revocation set was lost; see what it lacks, then run `sallyport store accept-loss`',
    );
  }

  private doubt(): void {
    if (!this.isDoubted) {
      this.isDoubted = true;
      this.parts.distrust();
    }
    void this.look();
  }

  private async lookAtAll(): Promise<void> {
    const before = this.describe();
    for (const [key, text] of await this.parts.store.read()) await this.lookAt(key, text);
    this.isDoubted = false;
    if (!this.isSound) this.parts.distrust();
    if (this.describe() !== before) this.parts.turned();
  }

  private async lookAt(key: string, first: string | undefined): Promise<void> {
    let found = first;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const making = {
        epoch: newEpoch(),
        nowSeconds: Math.floor(this.parts.clock.wallMs() / 1000),
      };
      const { record, isNew } = this.judge(key, found, making);
      const text = isNew ? formatEpoch(record) : found;
      if (text !== undefined && (!isNew || (await this.parts.store.swap(key, found, text)))) {
        this.known.set(key, { record, text });
        return;
      }
      found = (await this.parts.store.read()).get(key);
    }
    throw new StoreError(`the epoch record ${key} changes again and again`);
  }

  private judge(key: string, found: string | undefined, making: NewEpoch): EpochVerdict {
    const known = this.known.get(key)?.record;
    const { missing } = this.parts.store;
    return known === undefined && missing !== undefined
      ? judgeMissing(missing, found, making)
      : judgeEpoch(known, found, making);
  }

  /** Differs where an epoch or a loss does. */
  private describe(): string {
    return [...this.known.values()].map(({ record }) => `${record.epoch} ${record.loss?.noticedAt}`).join();
  }
}
