import type { Standing } from './standing.ts';

/** Which tokens an entry of the revocation set ends, and from when (both Unix seconds). */
export type Reach = Pick<Standing, 'issuedUpToSeconds' | 'fromSeconds'>;

/** What an entry ends, by its key: one token, the tokens of one signing key, of one subject or of one issuer. */
export type EntryKind = 'token id' | 'token claims' | 'thumbprint' | 'signing key' | 'subject mark' | 'issuer mark';

const KINDS: ReadonlyMap<string | undefined, EntryKind> = new Map([
  ['revoked', 'token id'],
  ['revoked-claims', 'token claims'],
  ['revoked-thumbprint', 'thumbprint'],
  ['revoked-key', 'signing key'],
  ['notbefore', 'subject mark'],
  ['notbefore-issuer', 'issuer mark'],
]);

/** The kind of an entry, by its key; `undefined` for a key that is not one of the set. */
export function kindOfEntry(key: string): EntryKind | undefined {
  return KINDS.get(key.split(':', 2)[1]);
}

/** The value of an entry that an operator undid begins with this; it ends nothing. */
const UNDONE = 'unrevoked:';

/** Whether an operator undid the entry, so that it ends nothing although it exists. */
export function isUndone(value: string): boolean {
  return value.startsWith(UNDONE);
}

/** The value of an entry that was undone: who did it, when and why, and the former value. */
export function writeUndone(facts: { readonly undoes: string } & Readonly<Record<string, unknown>>): string {
  return `${UNDONE}${JSON.stringify(facts)}`;
}

/** The former value of an entry that was undone; `undefined` if `value` undoes nothing or does not say what. */
export function undoneValue(value: string): string | undefined {
  if (!isUndone(value)) return undefined;
  try {
    const facts: unknown = JSON.parse(value.slice(UNDONE.length));
    const isObject = typeof facts === 'object' && facts !== null && 'undoes' in facts;
    return isObject && typeof facts.undoes === 'string' ? facts.undoes : undefined;
  } catch {
    return undefined;
  }
}

/** Keys of the revocation set that hold a not-before mark begin with this. */
const MARK_PREFIX = 'sallyport:notbefore';
const UNIX_SECONDS = /^\d{1,15}$/;
/** Spaces of ASCII around a value, which was perhaps written by hand. The script that merges entries in Redis trims the same. */
const SPACES = /^[\t-\r ]+|[\t-\r ]+$/g;
const AFTER = /^after:(\d{1,15})$/;

const NOTHING: Reach = { issuedUpToSeconds: Number.NEGATIVE_INFINITY, fromSeconds: Number.POSITIVE_INFINITY };

/**
 * Reads an entry's value. Any value revokes, except that of an entry that was undone. `after:<unix>` revokes from that
 * second on. A not-before key holds its mark. A mark that cannot be read ends everything, since a revocation was meant.
 */
export function readReach(key: string, value: string): Reach {
  if (isUndone(value)) return NOTHING;
  const written = value.replace(SPACES, '');
  if (key.startsWith(MARK_PREFIX)) {
    const issuedUpToSeconds = UNIX_SECONDS.test(written) ? Number(written) : Number.POSITIVE_INFINITY;
    return { issuedUpToSeconds, fromSeconds: Number.NEGATIVE_INFINITY };
  }
  const after = AFTER.exec(written)?.[1];
  const fromSeconds = after === undefined ? Number.NEGATIVE_INFINITY : Number(after);
  return { issuedUpToSeconds: Number.POSITIVE_INFINITY, fromSeconds };
}
