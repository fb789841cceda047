import { isUndone, readReach, undoneValue } from '../core/revocation-entry.ts';
import type { RevocationEntry } from './entry.ts';

/**
 * What stands once `added` was written over `standing`, never weaker than either: the rule of
 * `RevocationStore.write`, for every store. What was taken back counts as if it were not there, also where a copy of a
 * store brings it along: only `RevocationStore.undo` takes something back.
 */
export function mergeEntries(standing: RevocationEntry | undefined, added: RevocationEntry): RevocationEntry {
  if (standing === undefined) return added;
  if (isUndone(added.value)) return standing;
  if (isUndone(standing.value)) return added;
  const isStronger = endsMore(standing, added) || endsWaiting(standing, added);
  return {
    key: added.key,
    value: isStronger ? added.value : standing.value,
    expiresAtSeconds: laterExpiry(standing.expiresAtSeconds, added.expiresAtSeconds),
  };
}

/** The same where `known` is written again: a value that was taken back stays so. The rule of `RevocationStore.restore`. */
export function restoreEntry(standing: RevocationEntry | undefined, known: RevocationEntry): RevocationEntry {
  const isTakenBack = standing !== undefined && undoneValue(standing.value) === known.value;
  return isTakenBack ? standing : mergeEntries(standing, known);
}

/** The greatest mark that can be written; one that cannot be read is none, and ends everything. */
export const MAX_MARK_SECONDS = 999_999_999_999_999;

/** What an account's mark is raised by: Unix seconds. */
export interface MarkTimes {
  /** The store's own time, within the transaction that raises the mark. */
  readonly nowSeconds: number;
  /** When the newest token was made that was ever recorded for the account. */
  readonly newestTokenSeconds: number;
}

/**
 * A mark that ends every token which was recorded up to now, whatever clock it is dated by. It is one second past the
 * one that stands at least: always another one, but where it can rise no more.
 */
export function raiseMark(standing: RevocationEntry | undefined, key: string, times: MarkTimes): RevocationEntry {
  const marked = standing === undefined ? Number.NEGATIVE_INFINITY : readReach(key, standing.value).issuedUpToSeconds;
  if (standing !== undefined && marked >= MAX_MARK_SECONDS) return { ...standing, expiresAtSeconds: undefined };
  const atSeconds = Math.max(Math.floor(times.nowSeconds), Math.ceil(times.newestTokenSeconds), marked + 1);
  return { key, value: String(atSeconds), expiresAtSeconds: undefined };
}

function endsMore({ key, value }: RevocationEntry, added: RevocationEntry): boolean {
  return readReach(key, added.value).issuedUpToSeconds > readReach(key, value).issuedUpToSeconds;
}

/** Between two that begin later, the first one stands. */
function endsWaiting({ key, value }: RevocationEntry, added: RevocationEntry): boolean {
  const begins = readReach(key, value).fromSeconds;
  return Number.isFinite(begins) && !Number.isFinite(readReach(key, added.value).fromSeconds);
}

function laterExpiry(standing: number | undefined, added: number | undefined): number | undefined {
  return standing === undefined || added === undefined ? undefined : Math.max(standing, added);
}
