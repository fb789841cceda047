import type { LoginHistoryStore } from '../accounts/guesses/log-in-history-store.ts';
import type { RedisStoreConfig } from '../config/config.ts';
import type { TokenUse } from '../core/verified-credential.ts';
import type { IdempotencyStore } from '../tokens/idempotency-store.ts';

/**
 * What Sallyport keeps, one small interface per need. Every store passes the one contract suite in
 * `test/contract`. All methods reject with {@link StoreError} where the store cannot answer; a write resolves only
 * once its effect survives a crash of this process.
 */
export interface Store {
  readonly revocations: RevocationStore;
  readonly epochs: EpochStore;
  readonly feed: RevocationFeed;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly basicUses: BasicUseStore;
  readonly loginHistory: LoginHistoryStore;
  readonly signingKeys: SigningKeyStore;
  readonly contents: StoreContents;
  /** What an operator should know of how it was found at the opening; it works nevertheless. */
  readonly warning?: string;
  /**
   * Takes up other credentials while it is open, for the connections from now on and for those that stand. Rejects with
   * {@link StoreError} where a server does not take them, or not yet; what stands then goes on. Absent where there are none.
   */
  readonly renew?: (config: RedisStoreConfig) => Promise<void>;
  /** Ends every connection, worker and timer; writes that were accepted are finished first. */
  close(): Promise<void>;
}

/** The store could not do what it was asked; nothing is known to have been written. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** One entry of the revocation set; its layout is public (contract section 5). */
export interface RevocationEntry {
  readonly key: string;
  /** For a `notbefore` key the mark in Unix seconds, as decimal digits; otherwise JSON or `after:<unix>`. */
  readonly value: string;
  /**
   * Unix seconds from which no clock takes the token for valid; `undefined` for never. The store keeps the entry for
   * {@link ENTRY_GRACE_SECONDS} more.
   */
  readonly expiresAtSeconds: number | undefined;
}

/**
 * How long an entry stays after its expiry, at least: clocks differ, and an entry that is gone revokes nothing. In
 * seconds.
 */
export const ENTRY_GRACE_SECONDS = 86_400;

/** The revocation set, the truth about what has ended. */
export interface RevocationStore {
  /** The entries' values in the order of the keys, `undefined` where there is none; rejects also as {@link EpochStore.guard} says. */
  read(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** The entries whole, whatever the guard says; an expiry is by our clock and may be some milliseconds late. */
  readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]>;
  /**
   * Adds an entry. One that stands is never weakened: the later expiry counts (never beats any), a `notbefore`
   * mark only rises, and any other value stands as it was first written, except that one that is not
   * `after:<unix>` replaces one that is. What was taken back counts as if it were not there.
   */
  write(entry: RevocationEntry): Promise<void>;
  /**
   * Writes again an entry that is known and that the store has lost: as `write`, but where this very value was taken back
   * meanwhile, that stands. The feed tells of it as of anybody's change.
   */
  restore(entry: RevocationEntry): Promise<void>;
  /**
   * Puts the value of an entry that was taken back (`writeUndone`) in the place of `standing`, with an expiry:
   * compare-and-set, `false` and nothing written where another value stands. The next `write` replaces it.
   */
  undo(standing: string, undone: RevocationEntry & { readonly expiresAtSeconds: number }): Promise<boolean>;
}

/** Epoch records are entries of the revocation set that begin with this; public, and none of them revokes. */
export const EPOCH_PREFIX = 'sallyport:revoked-epoch';

/** The values of epoch records by their keys, `undefined` where there is none. */
export type EpochReading = ReadonlyMap<string, string | undefined>;

/** Refuses, by throwing, what was read together with these records. */
export type EpochGuard = (reading: EpochReading) => void;

/** Records that lie in the revocation set and are lost with it: one for each part of the store that can be lost by itself. */
export interface EpochStore {
  /**
   * The epoch that was known of this store before it was opened, where what was found then is another set, or an older
   * copy of it; `undefined` where nothing is amiss, and for stores that keep nothing beside them.
   */
  readonly missing?: string | undefined;
  /** Every record as it is, whatever the guard says. */
  read(): Promise<EpochReading>;
  /** Compare-and-set: `false`, and nothing written, where the record is not `expected` (`undefined`: there is none). */
  swap(key: string, expected: string | undefined, value: string): Promise<boolean>;
  /**
   * From now on `RevocationStore.read` shows the guard the records of the parts that it read from, as they were *after*
   * the entries were read, and rejects with what the guard throws.
   */
  guard(guard: EpochGuard): void;
}

/** Hears of every change to the revocation set, whoever made it. */
export interface RevocationFeed {
  /** Starts to listen, once, and tells of every change since the store was opened; ends with the store. */
  follow(listener: RevocationListener): void;
}

export interface RevocationListener {
  /** How old the last word may be before it is worth nothing, in milliseconds; may change at any time. */
  readonly maxStalenessMs: number;
  /** These entries were added, changed or have gone; of one change it may be told more than once. */
  changed(keys: readonly string[]): void;
  /** This entry was written through this store, and is about to be acknowledged. */
  wrote(entry: RevocationEntry): void;
  /** Changes may have been missed: nothing known before counts any more. */
  lost(): void;
  /**
   * Everything that was acknowledged before this moment has been told: monotonic milliseconds (`performance.now()`)
   * and Unix milliseconds (`Date.now()`), both taken at that moment and not when this is called.
   */
  heardUpTo(monotonicMs: number, wallMs: number): void;
  /** The feed has broken off and is being made again; until {@link heardUpTo} nothing more is told. */
  brokenOff(cause: Error): void;
}

export interface Account {
  /** Immutable, never used again; the `sub` of its tokens. */
  readonly id: string;
  /** Unique without regard to case, among names and e-mail addresses together. */
  readonly name: string;
  /** The same goes for it: whoever logs in gives one or the other. */
  readonly email?: string | undefined;
  /** Argon2id as a PHC string. */
  readonly passwordHash: string;
  readonly scopes: readonly string[];
  /** Neither its password nor any token is taken. */
  readonly disabled: boolean;
  readonly createdAtSeconds: number;
  /** Rises with every change that ends the account's tokens; 0 at first. */
  readonly version: number;
}

/** An account as somebody knew it: what was decided about it then holds while it still has this version. */
export interface AccountVersion {
  readonly id: string;
  readonly version: number;
}

/** What of an account is to be otherwise; what is left out stays. */
export interface AccountChange {
  /** `null` for none. */
  readonly email?: string | null | undefined;
  readonly passwordHash?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** When an account is added. */
export interface AddTerms {
  /** Only where there is no other account. */
  readonly onlyFirst?: boolean | undefined;
  /** The account whose authority the addition rests on: it must still have this version and not be disabled. */
  readonly onlyIf?: AccountVersion | undefined;
}

/** How an account is changed. */
export interface ChangeTerms {
  /** The key of the account's not-before mark: the change ends the account's tokens. */
  readonly mark?: string | undefined;
  /** The account whose authority the change rests on: it must still have this version and not be disabled. */
  readonly onlyIf?: AccountVersion | undefined;
  /** The scopes that the changed account had when the change was decided; it must still have exactly these. */
  readonly ifScopes?: readonly string[] | undefined;
}

/**
 * `taken`: nothing was written, since another account has the e-mail address, or has it for its name; `stale`: nothing
 * was written, since {@link ChangeTerms.onlyIf} does not hold; `raced`: nothing was written, since
 * {@link ChangeTerms.ifScopes} does not hold, so the change is to be decided again.
 */
export type AccountUpdate = 'updated' | 'missing' | 'taken' | 'stale' | 'raced';

/** A place in a list: right behind what was created then with this id, which need not be there any more. */
export interface ListPosition {
  readonly createdAtSeconds: number;
  readonly id: string;
}

/** A part of a list, in order of creation. */
export interface AccountPage {
  readonly accounts: readonly Account[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: ListPosition | undefined;
}

export interface AccountStore {
  find(nameOrEmail: string): Promise<Account | undefined>;
  findById(id: string): Promise<Account | undefined>;
  /** In order of creation. */
  list(): Promise<readonly Account[]>;
  /**
   * The same, `limit` at most, from a place on. Where the account of that place was removed, from the first one on that
   * was created in the same second or later: some may come twice then, and none is passed over.
   */
  page(limit: number, after?: ListPosition): Promise<AccountPage>;
  /** `false`, and nothing written, where name or e-mail address is taken, or the terms do not hold. */
  add(account: Account, terms?: AddTerms): Promise<boolean>;
  /**
   * Changes an account, of several changes at once each in turn. With a mark, the version rises by one, and the mark to
   * the latest of: the store's time within the transaction, the creation of the newest token that was ever recorded for
   * the account, and one second past where it stands, so that the feed tells of every such change. One transaction, or,
   * where the two lie on two servers, one after the other: until both are written, no token is recorded for the account.
   */
  update(id: string, change: AccountChange, terms?: ChangeTerms): Promise<AccountUpdate>;
  /** Removes an account and writes the mark that ends its tokens, both or neither; `false` where there is none, or `onlyIf` does not hold. */
  remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<boolean>;
}

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

/**
 * `superseded`: nothing was written, since the older token has another successor, or does not exist; `account_changed`:
 * nothing was written, for the reason for which {@link TokenStore.add} writes nothing.
 */
export type Rotation = 'rotated' | 'superseded' | 'account_changed';

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
  /** Adds the token that takes the place of an older one that has no successor, or just `inPlaceOf`; once. */
  rotate(id: string, successor: TokenRecord, accountVersion: number, inPlaceOf?: string): Promise<Rotation>;
  /** Remembers how a token ended; of several ends the earliest stands. */
  end(id: string, end: TokenEnd): Promise<void>;
  /** Forgets how a token ended: that was taken back. */
  forgetEnd(id: string): Promise<void>;
  /** Remembers when tokens were last used, Unix seconds by id; the latest stands, and unknown ids are passed over. */
  markUsed(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Adds a token together with what has become of it in another store; `false`, and nothing written, where there is one. */
  restore(token: TrackedToken): Promise<boolean>;
}

/** How often Basic credentials came to one route in one way. */
export interface BasicUse {
  /** `undefined` where no account goes by the name that was presented. */
  readonly accountId: string | undefined;
  /** The rule's methods, hosts and pattern, never a path; empty where no rule was met. */
  readonly route: string;
  /** Why the request was denied, as its `code` says; `undefined` where it passed. */
  readonly reason: string | undefined;
  readonly count: number;
  /** Unix seconds. */
  readonly lastAtSeconds: number;
}

/** How long uses of Basic are remembered, by the day (UTC) of their last time. */
export const BASIC_USES_KEPT_DAYS = 90;

/** How the migration from Basic goes. Figures for people: no decision asks for them, and a copy of a store leaves them out. */
export interface BasicUseStore {
  /** Adds to what was counted on the same days, and of the times the latest stands. Where it rejects, some may be counted. */
  add(uses: readonly BasicUse[]): Promise<void>;
  /** What was counted from the day (UTC) of `sinceSeconds` on, one for each account, route and reason; in no order. */
  read(sinceSeconds: number): Promise<readonly BasicUse[]>;
}

/** A signing key, sealed: the store never sees it open. */
export interface SealedSigningKey {
  readonly kid: string;
  /** The configured issuer's name. */
  readonly issuer: string;
  readonly algorithm: string;
  readonly sealed: string;
  readonly createdAtSeconds: number;
  /** When it takes over from the one before it, in Unix seconds. */
  readonly signsFromSeconds: number;
  /** The longest life that a token could be given when the key was made, in seconds. */
  readonly longestTokenSeconds: number;
}

/** The signing keys of an issuer. They change together or not at all. */
export interface SigningKeyRing {
  /** Rises with every change; 0 where nothing was ever written. */
  readonly revision: number;
  /** Oldest first. */
  readonly keys: readonly SealedSigningKey[];
}

export interface SigningKeyStore {
  read(issuer: string): Promise<SigningKeyRing>;
  /**
   * Compare-and-set: puts `keys` in the place of those that were read with this revision; `false`, and nothing
   * written, where they have changed since.
   */
  replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean>;
}

/** One thing that a store keeps. */
export type StoredRecord =
  | { readonly kind: 'account'; readonly record: Account }
  | { readonly kind: 'signing-key'; readonly record: SealedSigningKey }
  | { readonly kind: 'token'; readonly record: TrackedToken }
  | { readonly kind: 'revocation'; readonly record: RevocationEntry };

/** All that a store keeps, for a copy of it. */
export interface StoreContents {
  /**
   * Everything but epoch records, which are about this one set; accounts and an issuer's keys in their order. Revocations
   * come last: all that were acknowledged before are among them. SQLite gives what there was at one moment; Redis may
   * miss what is written meanwhile, or give it twice.
   */
  read(): AsyncIterable<StoredRecord>;
}
