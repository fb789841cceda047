import { startOfDay } from '../../verification/basic/basic-use.ts';

/**
 * Where what Sallyport keeps lies in Redis; `docs/redis.md` describes it for operators. The revocation set's own keys
 * are public (contract section 5) and made in `src/revocation-set/entry-keys.ts`: plain strings, read and written as they come.
 *
 * What one script touches shares a hash tag, so that a cluster keeps it in one slot. The exceptions are the changes of an
 * account that write a mark, whose key is public: see `accounts-across-servers.ts`.
 */

/** Every key of the revocation set begins with one of these. */
export const TRACKED_PREFIXES = ['sallyport:revoked', 'sallyport:notbefore'] as const;

/** Keys of the accounts, always used together. */
export const ACCOUNT_KEYS = {
  /** Hash: id → the account as JSON. */
  records: 'sallyport:{accounts}:records',
  /** Hash: what all spellings of a name, or an e-mail address, have in common → id. */
  names: 'sallyport:{accounts}:names',
  /** List: ids in order of creation. */
  order: 'sallyport:{accounts}:order',
  /** Hash: id → when the newest token was made that was ever recorded for the account, in Unix seconds. */
  newest: 'sallyport:{accounts}:newest-tokens',
} as const;

/**
 * Hash of what is known of a token: `record` and `end` as JSON, `ended` and `used` as Unix seconds, `successor` as
 * `<Unix seconds>:<id>`. Gone some time after the token's end.
 */
export function tokenKey(id: string): string {
  return `${TOKEN_PREFIX}${id}`;
}

export const TOKEN_PREFIX = 'sallyport:token:';

/**
 * Sorted sets of the ids of an account's tokens: by creation, to list them, and by when their records go, to forget
 * the ids with them. An id may outlive its record, or have none: whoever lists looks at the records.
 */
export function tokenIndexKeys(accountId: string): { readonly byCreation: string; readonly byEnd: string } {
  const prefix = `sallyport:{tokens-of:${accountId}}`;
  return { byCreation: `${prefix}:by-creation`, byEnd: `${prefix}:by-end` };
}

/**
 * An account's requests that made something: a hash of what is remembered, as JSON by the hash of each key, and a sorted
 * set of the same keys by their start. Both are gone a day after the last request.
 */
export function idempotencyKeys(accountId: string): { readonly records: string; readonly order: string } {
  const prefix = `sallyport:{idempotency-of:${accountId}}`;
  return { records: `${prefix}:records`, order: `${prefix}:order` };
}

/**
 * Hash of the uses of Basic on one day (UTC): `{accountId, route, reason}` as JSON → `<count>:<Unix seconds of the last>`.
 * Gone 90 days later.
 */
export function basicUsesKey(day: number): string {
  return `sallyport:basic-uses:${new Date(startOfDay(day) * 1000).toISOString().slice(0, 10)}`;
}

/** Into how many parts the history of log-ins is cut: one for each character that a hash may begin with. */
export const LOGIN_SHARDS = 64;

/**
 * Of one name, by its hash. `budgets`, a hash: `<name>:<budget>` → `<failures>:<next at>:<last at>` in Unix
 * milliseconds; `lastUses`, a sorted set of the same by their last time; both of all names of a part, gone an hour after
 * the last one. `places`, a sorted set: hashes of address blocks by their last success, gone 30 days after the last one.
 */
export function loginKeys(name: string) {
  const prefix = `sallyport:{logins:${name.slice(0, 1)}}`;
  return { budgets: `${prefix}:guesses`, lastUses: `${prefix}:last-guesses`, places: `${prefix}:places:${name}` };
}

/**
 * String, empty: written so that replicas have something to confirm, together with every write before it. In a cluster
 * each primary has one, with a hash tag behind this.
 */
export const BARRIER_KEY = 'sallyport:write-barrier';

/** String: the issuer's signing keys, sealed, as JSON. */
export function signingKeysKey(issuer: string): string {
  return `${SIGNING_KEYS_PREFIX}${issuer}`;
}

export const SIGNING_KEYS_PREFIX = 'sallyport:signing-keys:';

/** String: the version of this layout, decimal. */
export const SCHEMA_KEY = 'sallyport:schema';
