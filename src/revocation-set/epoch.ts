import { EPOCH_PREFIX } from './revocation-store.ts';

/** How many earlier epochs a record names. An instance that knows an older one treats the set as lost. */
const MAX_NAMED = 64;

/** Proof that a revocation set is the one that was known: the record is part of the set and lost with it. */
export interface EpochRecord {
  /** Random; unique to this set. */
  readonly epoch: string;
  /** Earlier epochs whose loss was accepted. */
  readonly follows: readonly string[];
  /** Set while the loss of the set has not been accepted. */
  readonly loss: Loss | undefined;
}

export interface Loss {
  /** The lost epochs, as far as they are known. */
  readonly lost: readonly string[];
  /** Unix seconds. */
  readonly noticedAt: number;
}

/** The values of a new record. */
export interface NewEpoch {
  /** Never used before. */
  readonly epoch: string;
  readonly nowSeconds: number;
}

/** The record that is valid from now on. With `isNew`, it must first replace the found one by compare-and-set. */
export interface EpochVerdict {
  readonly record: EpochRecord;
  readonly isNew: boolean;
}

export function isEpochKey(key: string): boolean {
  return key.startsWith(EPOCH_PREFIX);
}

/**
 * Compares the known record (`undefined` at the start) with the one that was found (`undefined`: none).
 *
 * | known | found | result |
 * |---|---|---|
 * | nothing | none | the first record is created |
 * | nothing | a record | it is adopted, lost or not |
 * | a record | the same epoch, or one that follows it | it is adopted: any loss between them was accepted or is announced |
 * | a record | none, or another | the set was lost: a record that names both announces the loss |
 * | a record | another that is lost | this loss is added to it |
 *
 * A record that cannot be parsed is treated as another one.
 */
export function judgeEpoch(known: EpochRecord | undefined, found: string | undefined, making: NewEpoch): EpochVerdict {
  const existing = found === undefined ? undefined : parseEpoch(found);
  const isFirst = known === undefined && found === undefined;
  if (isFirst) return { record: { epoch: making.epoch, follows: [], loss: undefined }, isNew: true };
  const isKnown = known === undefined || (existing !== undefined && epochsIn(existing).includes(known.epoch));
  if (existing !== undefined && isKnown) return { record: existing, isNew: false };
  return { record: announce(known, existing, making), isNew: true };
}

/**
 * Judges the found record at the start if the set of the epoch `missing` should exist but is lost, or was replaced by an
 * older copy. Another instance may have announced the loss, and an operator may have accepted it, in the meantime.
 */
export function judgeMissing(missing: string, found: string | undefined, making: NewEpoch): EpochVerdict {
  const existing = found === undefined ? undefined : parseEpoch(found);
  if (existing !== undefined && isSettled(missing, existing)) return { record: existing, isNew: false };
  return { record: announce({ epoch: missing, follows: [], loss: undefined }, existing, making), isNew: true };
}

export function formatEpoch({ epoch, follows, loss }: EpochRecord): string {
  return JSON.stringify({ epoch, follows, ...loss });
}

/** Parses a record; `undefined` if the text is not one. */
export function parseEpoch(text: string): EpochRecord | undefined {
  const members = parseObject(text);
  const { epoch, follows, lost, noticedAt } = members;
  if (typeof epoch !== 'string' || !areStrings(follows)) return undefined;
  if (lost === undefined) return { epoch, follows, loss: undefined };
  return areStrings(lost) && typeof noticedAt === 'number' ? { epoch, follows, loss: { lost, noticedAt } } : undefined;
}

/** Whether a record announces the loss of this epoch, or follows its acceptance. */
function isSettled(epoch: string, { epoch: own, follows, loss }: EpochRecord): boolean {
  return own !== epoch && [...follows, ...(loss?.lost ?? [])].includes(epoch);
}

/** Returns a record that announces the loss of the known set, and keeps a loss that either record announces already. */
function announce(known: EpochRecord | undefined, existing: EpochRecord | undefined, making: NewEpoch): EpochRecord {
  const records = [existing, known].filter((record) => record !== undefined);
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

/** Returns every epoch that a record names, the oldest first. */
export function epochsIn({ epoch, follows, loss }: EpochRecord): string[] {
  return [...follows, ...(loss?.lost ?? []), epoch];
}

/** Returns the latest epochs, as many as a record may name. */
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

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
