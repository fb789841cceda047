import type { TokenUse } from '../core/credential/verified-credential.ts';
import type { ListPosition } from '../lib/lists.ts';

/** The record of an issued token; it never holds the token itself. */
export interface TokenRecord {
  /** The `jti`. */
  readonly id: string;
  readonly accountId: string;
  readonly use: TokenUse;
  /** The name that its owner gave it, if it may have one. */
  readonly name?: string | undefined;
  readonly scopes: readonly string[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** For an API key: its hex SHA-256. Without it the token is a JWT. */
  readonly keyHash?: string | undefined;
  /** For an access token that a refresh token belongs to: the id of their family. Its end also ends the token. */
  readonly family?: string | undefined;
  /** For a family of refresh tokens: the lifetime of its access tokens, in seconds. */
  readonly accessTtlSeconds?: number | undefined;
  /** For a family of refresh tokens: how often it was refreshed, which is the number of the token that is valid now. */
  readonly refreshes?: number | undefined;
}

/** Whether a token is a JWT or an opaque API key. */
export type TokenForm = 'jwt' | 'key';

export function formOf({ keyHash }: Pick<TokenRecord, 'keyHash'>): TokenForm {
  return keyHash === undefined ? 'jwt' : 'key';
}

/** How a token ended before it expired. */
export interface TokenEnd {
  /** The Unix second from which it is not valid; may lie in the future. */
  readonly atSeconds: number;
  /** Who ended it. */
  readonly by: string;
  readonly reason?: string | undefined;
}

/** A token's record with what happened to it since. For people to read: the revocation set alone decides validity. */
export interface TrackedToken extends TokenRecord {
  /** Unix seconds, up to a minute late; `undefined` before the first use. */
  readonly lastUsedAtSeconds: number | undefined;
  readonly end: TokenEnd | undefined;
  /** The id of the token that it was rotated to. */
  readonly successor: string | undefined;
}

/** One page of the list, newest first. */
export interface TokenPage {
  readonly tokens: readonly TrackedToken[];
  /** The position after which the next page begins; `undefined` on the last page. */
  readonly next: ListPosition | undefined;
}

/** Which tokens of an account a list holds. */
export interface TokenFilter {
  readonly uses: readonly TokenUse[];
  /** Only tokens that expire after this Unix second. */
  readonly expireAfterSeconds: number;
}

/** The shortest time for which the record of a token is kept after the token expired, in seconds. */
export const TOKENS_KEPT_SECONDS = 30 * 86_400;

/** Which successor of the old token gives way to the new one; by default none does. */
export interface RotationTerms {
  /** The id of the successor that the old token must name now. */
  readonly inPlaceOf?: string | undefined;
  /**
   * A successor that was named, but never recorded, also gives way if it was created at this Unix second or before: the
   * process that named it must have died. Stores that name and record a successor in one transaction never need this.
   */
  readonly unrecordedUntilSeconds?: number | undefined;
}

export type Rotation =
  /** The old token as it was when it named its new successor. */
  | { readonly outcome: 'rotated'; readonly old: TrackedToken }
  /** Nothing was written, because the old token does not exist, or has a successor that does not give way. */
  | { readonly outcome: 'superseded' }
  /** Nothing was written, for the reason for which {@link TokenStore.add} writes nothing. */
  | { readonly outcome: 'account_changed' };

/** The next refresh token of a family. */
export interface RefreshStep {
  /** The id of the family. */
  readonly id: string;
  readonly accountId: string;
  /** The number of the token that the next one replaces. */
  readonly from: number;
  /** When the next one is issued, in Unix seconds. */
  readonly issuedAtSeconds: number;
  /** When the family then expires, in Unix seconds; an expiry never moves to an earlier time. */
  readonly expiresAtSeconds: number;
}

/**
 * `superseded`: another token than `from` is valid, because `from` was used already. `account_changed`: as for
 * {@link TokenStore.add}. `unknown`: the account has no such family. All three write nothing.
 */
export type RefreshAdvance = 'advanced' | 'superseded' | 'account_changed' | 'unknown';

/**
 * Keeps the records of issued tokens. A token is recorded only while its account exists, is not disabled and still has
 * the `accountVersion` that its maker read. So a token that a change of its account must end is either recorded before
 * the change, and created at or before its mark, or is never recorded.
 */
export interface TokenStore {
  /** `false`, and nothing is written, if the account does not exist, is disabled or has another version. */
  add(token: TokenRecord, accountVersion: number): Promise<boolean>;
  find(id: string): Promise<TrackedToken | undefined>;
  /** Finds the record of an API key by its hash. Takes as long as a read that a decision waits for. */
  findByKey(keyHash: string): Promise<TrackedToken | undefined>;
  /**
   * At most `limit` tokens of an account after a position, newest first and within one second by id. With a filter a
   * page may hold fewer, or none, although there is a next one, because a page examines a bounded number of records.
   */
  list(accountId: string, limit: number, after?: ListPosition, filter?: TokenFilter): Promise<TokenPage>;
  /**
   * Adds the successor of a token that has none, or one that gives way by the terms. Of several calls at once, one adds
   * its successor.
   */
  rotate(id: string, successor: TokenRecord, accountVersion: number, terms?: RotationTerms): Promise<Rotation>;
  /** Puts the next refresh token of a family in the place of the valid one. Of several calls at once, one succeeds. */
  advance(step: RefreshStep, accountVersion: number): Promise<RefreshAdvance>;
  /** Records how a token ended; of several ends the earliest is kept. */
  end(id: string, end: TokenEnd): Promise<void>;
  /** Removes the recorded end of a token, because its revocation was taken back. */
  forgetEnd(id: string): Promise<void>;
  /** Records when tokens were last used, in Unix seconds by id. Keeps the latest time; ignores unknown ids. */
  markUsed(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Adds a token from a copy, with what happened to it before; `false`, and nothing is written, if the id exists. */
  restore(token: TrackedToken): Promise<boolean>;
}

/** Whether the token passes the filter. */
export function passes({ use, expiresAtSeconds }: TokenRecord, { uses, expireAfterSeconds }: TokenFilter): boolean {
  return uses.includes(use) && expiresAtSeconds > expireAfterSeconds;
}
