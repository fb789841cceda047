import { startOfDay } from '../../verification/basic/basic-use.ts';

/**
 * The keys of Sallyport in Redis, which `docs/redis.md` describes for operators. The keys of the revocation set are public
 * (contract section 5): `src/revocation-set/entry-keys.ts` makes them, and their values are plain strings.
 *
 * All keys of one script share a hash tag, so that they lie in one slot of a cluster. The exceptions are changes of an
 * account that write a mark, whose key is public: see `accounts-across-servers.ts`.
 */

/** Every key of the revocation set begins with one of these. */
export const TRACKED_PREFIXES = ['sallyport:revoked', 'sallyport:notbefore'] as const;

/** The keys of the accounts, which are used together. */
export const ACCOUNT_KEYS = {
  /** Hash: id → the account as JSON. */
  records: 'sallyport:{accounts}:records',
  /** Hash: the common form of all spellings of a name or an e-mail address → id. */
  names: 'sallyport:{accounts}:names',
  /** List: ids in order of creation. */
  order: 'sallyport:{accounts}:order',
  /** Hash: id → Unix second of the newest token that was ever recorded for the account. */
  newest: 'sallyport:{accounts}:newest-tokens',
} as const;

/**
 * Hash of a token: `record` and `end` as JSON, `ended` and `used` as Unix seconds, `successor` as `<Unix seconds>:<id>`.
 * For a family of refresh tokens, also `refreshes` as a number and `expires` as Unix seconds, which counts in place of the
 * record's. Expires some time after the end of the token.
 */
export function tokenKey(id: string): string {
  return `${TOKEN_PREFIX}${id}`;
}

export const TOKEN_PREFIX = 'sallyport:token:';

/** String: the id of the token that is the API key with this hash. Expires with the token's record. */
export function apiKeyKey(keyHash: string): string {
  return `sallyport:api-key:${keyHash}`;
}

/**
 * Sorted sets of the ids of the tokens of an account: by creation, to list them, and by the expiry of their records, to
 * remove the ids with them. An id may have no record, so a list reads the records.
 */
export function tokenIndexKeys(accountId: string): { readonly byCreation: string; readonly byEnd: string } {
  const prefix = `sallyport:{tokens-of:${accountId}}`;
  return { byCreation: `${prefix}:by-creation`, byEnd: `${prefix}:by-end` };
}

/**
 * The idempotency records of an account: a hash from the hash of each key to a record as JSON, and a sorted set of the
 * same keys by their start. Both expire a day after the last request.
 */
export function idempotencyKeys(accountId: string): { readonly records: string; readonly order: string } {
  const prefix = `sallyport:{idempotency-of:${accountId}}`;
  return { records: `${prefix}:records`, order: `${prefix}:order` };
}

/**
 * Hash of the uses of Basic on one day (UTC): `{accountId, route, reason}` as JSON → `<count>:<Unix seconds of the last>`.
 * Expires 90 days later.
 */
export function basicUsesKey(day: number): string {
  return `sallyport:basic-uses:${new Date(startOfDay(day) * 1000).toISOString().slice(0, 10)}`;
}

/** The number of parts of the log-in history: one for each character that a hash may begin with. */
export const LOGIN_SHARDS = 64;

/**
 * The keys for one name, given its hash. `budgets` is a hash from `<name>:<budget>` to `<failures>:<next at>:<last at>` in
 * Unix milliseconds; `lastUses` is a sorted set of the same by their last time. Both hold all names of a part and expire
 * an hour after the last use. `places` is a sorted set of hashes of address blocks by their last success, and expires 30
 * days after the last one.
 */
export function loginKeys(name: string) {
  const prefix = `sallyport:{logins:${name.slice(0, 1)}}`;
  return { budgets: `${prefix}:guesses`, lastUses: `${prefix}:last-guesses`, places: `${prefix}:places:${name}` };
}

/** Empty string: the DPoP proof with this hash was used. Expires with the time in which the proof could be used again. */
export function usedProofKey(id: string): string {
  return `sallyport:used-proof:${id}`;
}

/**
 * Empty string, written so that replicas have something to confirm together with every write before it. In a cluster each
 * primary has one, whose key ends with a hash tag.
 */
export const BARRIER_KEY = 'sallyport:write-barrier';

/** String: the sealed signing keys of the issuer as JSON. */
export function signingKeysKey(issuer: string): string {
  return `${SIGNING_KEYS_PREFIX}${issuer}`;
}

export const SIGNING_KEYS_PREFIX = 'sallyport:signing-keys:';

/** String: the version of this layout as a decimal number. */
export const SCHEMA_KEY = 'sallyport:schema';
