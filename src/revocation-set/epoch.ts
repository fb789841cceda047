import { EPOCH_PREFIX } from './revocation-store.ts';

/** Of the epochs that came before, so many are named: an instance that knows an older one takes the set for lost. */
const MAX_NAMED = 64;

/** Proof that a revocation set is the one that was known: it lies in the set, and is lost with it. */
export interface EpochRecord {
  /** Random, of this set alone. */
  readonly epoch: string;
  /** Earlier epochs: what was lost with them was accepted. */
  readonly follows: readonly string[];
  /** Where the set was lost and nobody has accepted that yet. */
  readonly loss: Loss | undefined;
}

export interface Loss {
  /** The epochs that went, as far as they are known. */
  readonly lost: readonly string[];
  /** Unix seconds. */
  readonly noticedAt: number;
}

/** What a new record is made of. */
export interface NewEpoch {
  /** Never used before. */
  readonly epoch: string;
  readonly nowSeconds: number;
}

/** What is to be known from now on; with `isNew` once it was written, by compare-and-set over what was found. */
export interface EpochVerdict {
  readonly record: EpochRecord;
  readonly isNew: boolean;
}

export function isEpochKey(key: string): boolean {
  return key.startsWith(EPOCH_PREFIX);
}

/**
 * Compares the record that was known (`undefined` at the start) with the one that was found (`undefined`: none).
 *
 * | known | found | then |
 * |---|---|---|
 * | nothing | none | the first one is made |
 * | nothing | a record | it is the one, lost or not |
 * | a record | the same epoch, or one that follows it | it is the one: any loss between them was accepted, or is announced |
 * | a record | none, or another | the set was lost: that is announced, in a record of both |
 * | a record | another that is lost | this loss is added to it |
 *
 * What cannot be read counts as another one.
 */
export function judgeEpoch(known: EpochRecord | undefined, found: string | undefined, making: NewEpoch): EpochVerdict {
  const standing = found === undefined ? undefined : parseEpoch(found);
  const isFirst = known === undefined && found === undefined;
  if (isFirst) return { record: { epoch: making.epoch, follows: [], loss: undefined }, isNew: true };
  const isKnown = known === undefined || (standing !== undefined && epochsIn(standing).includes(known.epoch));
  if (standing !== undefined && isKnown) return { record: standing, isNew: false };
  return { record: announce(known, standing, making), isNew: true };
}

/**
 * The same at the start, where it is known from elsewhere that the set of the epoch `missing` should stand here, and it
 * does not, or an older copy of it does. Somebody else may have announced or accepted that meanwhile.
 */
export function judgeMissing(missing: string, found: string | undefined, making: NewEpoch): EpochVerdict {
  const standing = found === undefined ? undefined : parseEpoch(found);
  if (standing !== undefined && isSettled(missing, standing)) return { record: standing, isNew: false };
  return { record: announce({ epoch: missing, follows: [], loss: undefined }, standing, making), isNew: true };
}

export function formatEpoch({ epoch, follows, loss }: EpochRecord): string {
  return JSON.stringify({ epoch, follows, ...loss });
}

/** Reads a record; `undefined` where it is none. */
export function parseEpoch(text: string): EpochRecord | undefined {
  const members = parseObject(text);
  const { epoch, follows, lost, noticedAt } = members;
  if (typeof epoch !== 'string' || !isTexts(follows)) return undefined;
  if (lost === undefined) return { epoch, follows, loss: undefined };
  return isTexts(lost) && typeof noticedAt === 'number' ? { epoch, follows, loss: { lost, noticedAt } } : undefined;
}

/** Whether a record tells that the set of this epoch was lost, or that this was accepted. */
function isSettled(epoch: string, { epoch: own, follows, loss }: EpochRecord): boolean {
  return own !== epoch && [...follows, ...(loss?.lost ?? [])].includes(epoch);
}

/** The loss of what was known, or of what cannot be read, beside a loss that one of the two tells of already. */
function announce(known: EpochRecord | undefined, standing: EpochRecord | undefined, making: NewEpoch): EpochRecord {
  const records = [standing, known].filter((record) => record !== undefined);
  const noticed = records.flatMap(({ loss }) => loss?.noticedAt ?? []);
  return {
    epoch: making.epoch,
    follows: latestEpochs(records.flatMap(({ follows }) => follows)),
    loss: {
      lost: latestEpochs(records.flatMap(({ loss, epoch }) => [...(loss?.lost ?? []), epoch])),
      noticedAt: Math.min(making.nowSeconds, ...noticed),
    },
  };
}

/** Every epoch that a record names, the oldest first. */
export function epochsIn({ epoch, follows, loss }: EpochRecord): string[] {
  return [...follows, ...(loss?.lost ?? []), epoch];
}

/** The latest epochs, as many as a record names. */
export function latestEpochs(epochs: readonly string[]): string[] {
  return [...new Set(epochs)].slice(-MAX_NAMED);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
