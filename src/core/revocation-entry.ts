import type { Standing } from './standing.ts';

/** Whom an entry of the revocation set ends, and from when (both Unix seconds). */
export type Reach = Pick<Standing, 'issuedUpToSeconds' | 'fromSeconds'>;

/** What an entry ends, told from its key: one token, what one key signed, or what was issued to a subject or at all. */
export type EntryKind = 'token id' | 'token claims' | 'thumbprint' | 'signing key' | 'subject mark' | 'issuer mark';

const KINDS: ReadonlyMap<string | undefined, EntryKind> = new Map([
  ['revoked', 'token id'],
  ['revoked-claims', 'token claims'],
  ['revoked-thumbprint', 'thumbprint'],
  ['revoked-key', 'signing key'],
  ['notbefore', 'subject mark'],
  ['notbefore-issuer', 'issuer mark'],
]);

/** The kind of an entry, by its key; `undefined` for a key that is none of the set's. */
export function kindOfEntry(key: string): EntryKind | undefined {
  return KINDS.get(key.split(':', 2)[1]);
}

/** Keys of the revocation set that hold a not-before mark begin with this. */
const MARK_PREFIX = 'sallyport:notbefore';
const UNIX_SECONDS = /^\d{1,15}$/;
const AFTER = /^after:(\d{1,15})$/;

/**
 * Reads an entry's value. Existence alone revokes; `after:<unix>` begins later; a not-before key holds its mark.
 * A mark that cannot be read ends everything: somebody meant to revoke and mistyped.
 */
export function readReach(key: string, value: string): Reach {
  const written = value.trim();
  if (key.startsWith(MARK_PREFIX)) {
    const issuedUpToSeconds = UNIX_SECONDS.test(written) ? Number(written) : Number.POSITIVE_INFINITY;
    return { issuedUpToSeconds, fromSeconds: Number.NEGATIVE_INFINITY };
  }
  const after = AFTER.exec(written)?.[1];
  const fromSeconds = after === undefined ? Number.NEGATIVE_INFINITY : Number(after);
  return { issuedUpToSeconds: Number.POSITIVE_INFINITY, fromSeconds };
}
