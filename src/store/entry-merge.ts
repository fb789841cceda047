import { isUndone, readReach } from '../core/revocation-entry.ts';
import type { AccountMark, RevocationEntry } from './store.ts';

/**
 * What stands once `added` was written over `standing`, never weaker than either: the rule of
 * `RevocationStore.write`, for every store. What was taken back counts as if it were not there.
 */
export function mergeEntries(standing: RevocationEntry | undefined, added: RevocationEntry): RevocationEntry {
  if (standing === undefined || isUndone(standing.value)) return added;
  const isStronger = endsMore(standing, added) || endsWaiting(standing, added);
  return {
    key: added.key,
    value: isStronger ? added.value : standing.value,
    expiresAtSeconds: laterExpiry(standing.expiresAtSeconds, added.expiresAtSeconds),
  };
}

/** The greatest mark that can be written; one that cannot be read is none, and ends everything. */
const MAX_MARK_SECONDS = 999_999_999_999_999;

/** A mark at `atSeconds`, or one second past the one that stands: always another one, but where it can rise no more. */
export function raiseMark(standing: RevocationEntry | undefined, { key, atSeconds }: AccountMark): RevocationEntry {
  const marked = standing === undefined ? Number.NEGATIVE_INFINITY : readReach(key, standing.value).issuedUpToSeconds;
  if (standing !== undefined && marked >= MAX_MARK_SECONDS) return { ...standing, expiresAtSeconds: undefined };
  return { key, value: String(Math.max(atSeconds, marked + 1)), expiresAtSeconds: undefined };
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
