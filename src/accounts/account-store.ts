import type { ListPosition } from '../lib/lists.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { Account, AccountChange, AccountVersion } from './account.ts';

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
