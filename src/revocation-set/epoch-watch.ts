import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
import { BackgroundJob } from '../lib/timers/background-job.ts';
import type { EpochRecord, EpochVerdict, NewEpoch } from './epoch.ts';
import { formatEpoch, judgeEpoch, judgeMissing } from './epoch.ts';
import type { EpochPair, EpochStore } from './revocation-store.ts';

/** Maximum attempts of a compare-and-set. Each failure means that another instance wrote the record. */
const MAX_TRIES = 20;

/** The revocation set is not, or may not be, the one that was known: a token without an entry may be revoked. */
export class SetLostError extends StoreError {}

/**
 * Announces in the store the loss of the epoch that was known before the store was opened. Otherwise a write to an older
 * copy would make it look like the newest one. For commands; {@link EpochWatch} does the same for an instance.
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
  throw new StoreError('the epoch record keeps changing');
}

function newEpoch(): string {
  return randomBytes(12).toString('base64url');
}

export interface EpochWatchParts {
  readonly store: EpochStore;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Called at once when everything that was read before must not be trusted any more. */
  readonly distrust: () => void;
  /** Called after {@link EpochWatch.lostSinceSeconds} or an epoch has changed. */
  readonly changed: () => void;
}

interface Known {
  readonly record: EpochRecord;
  /** The record as stored. */
  readonly text: string;
}

/** Checks that each part of the revocation set is the one that was known, and announces a loss to all instances. */
export class EpochWatch {
  private readonly parts: EpochWatchParts;
  private readonly known = new Map<string, Known>();
  private readonly job: BackgroundJob;
  /** Whether a read met an unknown record that has not been checked yet. */
  private isDoubted = true;

  constructor(parts: EpochWatchParts) {
    this.parts = parts;
    this.job = new BackgroundJob(() => this.lookAtAll());
  }

  /** Whether values that are read from the set can be trusted. */
  get isSound(): boolean {
    return !this.isDoubted && this.lostSinceSeconds === undefined;
  }

  /** Unix seconds at which the first loss was noticed, while any loss is not accepted. */
  get lostSinceSeconds(): number | undefined {
    const notices = [...this.known.values()].flatMap(({ record }) => record.loss?.noticedAt ?? []);
    return notices.length === 0 ? undefined : Math.min(...notices);
  }

  /** Reads the records, and adopts or replaces them. Rejects with `StoreError` if that fails, and keeps retrying. */
  look(): Promise<void> {
    return this.job.run();
  }

  end(): void {
    this.job.end();
  }

  /**
   * Throws {@link SetLostError} unless every record of a read is the known one and no part is lost. A read without any
   * record is not trusted either.
   */
  check(epochs: readonly EpochPair[]): void {
    const isKnown = ([key, text]: EpochPair): boolean => text !== undefined && this.known.get(key)?.text === text;
    if (epochs.length === 0 || !epochs.every(isKnown)) this.suspectLoss();
    if (this.isSound) return;
    throw new SetLostError(
      this.isDoubted
        ? 'the revocation set is not the one that was known, and is being checked'
        : 'the revocation set was lost; check what is missing, then run `sallyport store accept-loss`',
    );
  }

  private suspectLoss(): void {
    if (!this.isDoubted) {
      this.isDoubted = true;
      this.parts.distrust();
    }
    void this.look();
  }

  private async lookAtAll(): Promise<void> {
    const before = this.fingerprint();
    for (const [key, text] of await this.parts.store.read()) await this.lookAt(key, text);
    this.isDoubted = false;
    if (!this.isSound) this.parts.distrust();
    if (this.fingerprint() !== before) this.parts.changed();
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
    throw new StoreError(`the epoch record ${key} keeps changing`);
  }

  private judge(key: string, found: string | undefined, making: NewEpoch): EpochVerdict {
    const known = this.known.get(key)?.record;
    const { missing } = this.parts.store;
    return known === undefined && missing !== undefined
      ? judgeMissing(missing, found, making)
      : judgeEpoch(known, found, making);
  }

  /** Returns a string that changes with every epoch and every loss. */
  private fingerprint(): string {
    return [...this.known.values()].map(({ record }) => `${record.epoch} ${record.loss?.noticedAt}`).join();
  }
}
