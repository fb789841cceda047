import type { TokenUse } from '../core/verified-credential.ts';
import type { ListPosition } from '../lib/lists.ts';

/** A token that was issued; never the token itself. */
export interface TokenRecord {
  /** The `jti`. */
  readonly id: string;
  readonly accountId: string;
  readonly use: TokenUse;
  /** What its maker calls it, where it may have a name. */
  readonly name?: string | undefined;
  readonly scopes: readonly string[];
  readonly createdAtSeconds: number;
  readonly expiresAtSeconds: number;
}

/** How a token ended before its time. */
export interface TokenEnd {
  /** Unix seconds from which it does not count, maybe still to come. */
  readonly atSeconds: number;
  /** Who ended it. */
  readonly by: string;
  readonly reason?: string | undefined;
}

/** What has become of a token since. The revocation set alone says whether it counts: this is for people to read. */
export interface TrackedToken extends TokenRecord {
  /** Unix seconds; up to a minute behind, and `undefined` before the first use. */
  readonly lastUsedAtSeconds: number | undefined;
  readonly end: TokenEnd | undefined;
  /** The id of the token that it was rotated to. */
  readonly successor: string | undefined;
}

/** A part of a list, from the newest token to the oldest. */
export interface TokenPage {
  readonly tokens: readonly TrackedToken[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: ListPosition | undefined;
}

/** Which tokens of an account are listed. */
export interface TokenFilter {
  readonly uses: readonly TokenUse[];
  /** Unix seconds; those that expire later. */
  readonly expireAfterSeconds: number;
}

/** How long the record of a token stays after the token's end, at least: for whoever looks back. */
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

/**
 * What is known of the tokens that were issued. A token is recorded for an account as its maker knew it: only while the
 * account exists, is not disabled and still has `accountVersion`. So a token that a change of its account should end
 * was either recorded before the change, and lies at or before its mark, or is never recorded.
 */
export interface TokenStore {
  /** `false`, and nothing is written, where the account does not exist, is disabled or has another version. */
  add(token: TokenRecord, accountVersion: number): Promise<boolean>;
  find(id: string): Promise<TrackedToken | undefined>;
  /**
   * An account's tokens, newest first and in the same second by id, `limit` at most, from a place on. With a filter a
   * page may hold fewer, or none, although there is a next one: nobody waits until very many were looked at.
   */
  list(accountId: string, limit: number, after?: ListPosition, filter?: TokenFilter): Promise<TokenPage>;
  /**
   * Adds the successor of a token that has none, or one that gives way by the terms. Of several calls at once, one adds
   * its successor.
   */
  rotate(id: string, successor: TokenRecord, accountVersion: number, terms?: RotationTerms): Promise<Rotation>;
  /** Remembers how a token ended; of several ends the earliest stands. */
  end(id: string, end: TokenEnd): Promise<void>;
  /** Forgets how a token ended: that was taken back. */
  forgetEnd(id: string): Promise<void>;
  /** Remembers when tokens were last used, Unix seconds by id; the latest stands, and unknown ids are passed over. */
  markUsed(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Adds a token together with what has become of it in another store; `false`, and nothing written, where there is one. */
  restore(token: TrackedToken): Promise<boolean>;
}

/** Whether a list with this filter has the token. */
export function passes({ use, expiresAtSeconds }: TokenRecord, { uses, expireAfterSeconds }: TokenFilter): boolean {
  return uses.includes(use) && expiresAtSeconds > expireAfterSeconds;
}
