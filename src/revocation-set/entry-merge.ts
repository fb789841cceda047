import { isUndone, readReach, undoneValue } from '../core/revocation-entry.ts';
import type { RevocationEntry } from './entry.ts';

/**
 * Returns the entry that results from writing `added` over `existing`, never weaker than either: the rule of
 * `RevocationStore.write` for every store. An undone entry is treated as absent, even if it comes from a copy of a store:
 * only `RevocationStore.undo` undoes one.
 */
export function mergeEntries(existing: RevocationEntry | undefined, added: RevocationEntry): RevocationEntry {
  if (existing === undefined) return added;
  if (isUndone(added.value)) return existing;
  if (isUndone(existing.value)) return added;
  const isStronger = endsMore(existing, added) || endsWaiting(existing, added);
  return {
    key: added.key,
    value: isStronger ? added.value : existing.value,
    expiresAtSeconds: laterExpiry(existing.expiresAtSeconds, added.expiresAtSeconds),
  };
}

/** Like {@link mergeEntries}, but a value that was undone stays undone: the rule of `RevocationStore.restore`. */
export function restoreEntry(existing: RevocationEntry | undefined, known: RevocationEntry): RevocationEntry {
  const isUndoneValue = existing !== undefined && undoneValue(existing.value) === known.value;
  return isUndoneValue ? existing : mergeEntries(existing, known);
}

/** The greatest mark that can be written. A longer one could not be read and would end everything. */
export const MAX_MARK_SECONDS = 999_999_999_999_999;

/** The times that determine an account's mark, in Unix seconds. */
export interface MarkTimes {
  /** The store's own time, within the transaction that raises the mark. */
  readonly nowSeconds: number;
  /** When the newest token of the account was issued, of all that were ever recorded. */
  readonly newestTokenSeconds: number;
}

/**
 * Returns a mark that ends every token recorded up to now, whatever clock dated it. It is at least one second after the
 * existing mark, so it always changes, except at {@link MAX_MARK_SECONDS}.
 */
export function raiseMark(existing: RevocationEntry | undefined, key: string, times: MarkTimes): RevocationEntry {
  const marked = existing === undefined ? Number.NEGATIVE_INFINITY : readReach(key, existing.value).issuedUpToSeconds;
  if (existing !== undefined && marked >= MAX_MARK_SECONDS) return { ...existing, expiresAtSeconds: undefined };
  const atSeconds = Math.max(Math.floor(times.nowSeconds), Math.ceil(times.newestTokenSeconds), marked + 1);
  return { key, value: String(atSeconds), expiresAtSeconds: undefined };
}

function endsMore({ key, value }: RevocationEntry, added: RevocationEntry): boolean {
  return readReach(key, added.value).issuedUpToSeconds > readReach(key, value).issuedUpToSeconds;
}

/** Whether `added` applies at once and `existing` only later. Of two that apply later, the first is kept. */
function endsWaiting({ key, value }: RevocationEntry, added: RevocationEntry): boolean {
  const begins = readReach(key, value).fromSeconds;
  return Number.isFinite(begins) && !Number.isFinite(readReach(key, added.value).fromSeconds);
}

function laterExpiry(existing: number | undefined, added: number | undefined): number | undefined {
  return existing === undefined || added === undefined ? undefined : Math.max(existing, added);
}
