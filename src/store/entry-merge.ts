import type { RevocationEntry } from './store.ts';

const MARK_KEY = /^sallyport:notbefore/;
const UNIX_SECONDS = /^\d{1,15}$/;
const AFTER = /^after:\d{1,15}$/;

/**
 * What stands once `added` was written over `standing`, never weaker than either: the rule of
 * `RevocationStore.write`, for every store.
 */
export function mergeEntries(standing: RevocationEntry | undefined, added: RevocationEntry): RevocationEntry {
  if (standing === undefined) return added;
  const isStronger = MARK_KEY.test(added.key) ? isHigherMark(standing, added) : endsWaiting(standing, added);
  return {
    key: added.key,
    value: isStronger ? added.value : standing.value,
    expiresAtSeconds: laterExpiry(standing.expiresAtSeconds, added.expiresAtSeconds),
  };
}

function isHigherMark(standing: RevocationEntry, added: RevocationEntry): boolean {
  return readMark(added.value) > readMark(standing.value);
}

/** A mark that cannot be read ends everything, here as where it is judged: somebody meant to revoke and mistyped. */
function readMark(value: string): number {
  return UNIX_SECONDS.test(value.trim()) ? Number(value) : Number.POSITIVE_INFINITY;
}

function endsWaiting(standing: RevocationEntry, added: RevocationEntry): boolean {
  return AFTER.test(standing.value.trim()) && !AFTER.test(added.value.trim());
}

function laterExpiry(standing: number | undefined, added: number | undefined): number | undefined {
  return standing === undefined || added === undefined ? undefined : Math.max(standing, added);
}
