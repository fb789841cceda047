import type { ListPosition } from '../lib/lists.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { Account, AccountChange, AccountVersion } from './account.ts';

/** The conditions under which an account is added. */
export interface AddTerms {
  /** Add it only if the store holds no account. */
  readonly onlyFirst?: boolean | undefined;
  /** The account that adds it: it must still have this version and must not be disabled. */
  readonly onlyIf?: AccountVersion | undefined;
}

/** The conditions under which an account is changed, and whether the change ends its tokens. */
export interface ChangeTerms {
  /** The key of the account's not-before mark, if the change ends the account's tokens. */
  readonly mark?: string | undefined;
  /** The account that makes the change: it must still have this version and must not be disabled. */
  readonly onlyIf?: AccountVersion | undefined;
  /** The scopes that the changed account had when the change was decided; it must still have exactly these. */
  readonly ifScopes?: readonly string[] | undefined;
}

/** Nothing was written, because the account in `onlyIf` is disabled or gone or has another version. */
export interface StaleAuthority {
  readonly outcome: 'stale';
}

/** Nothing was written, because there is no such account. */
export interface MissingAccount {
  readonly outcome: 'missing';
}

export type AccountAddition =
  | { readonly outcome: 'added' }
  /** Nothing was written, because another account already uses this name or e-mail address as either of the two. */
  | { readonly outcome: 'taken'; readonly field: 'name' | 'email' }
  /** Nothing was written, because {@link AddTerms.onlyFirst} does not hold. */
  | { readonly outcome: 'not_first' }
  | StaleAuthority;

export interface UpdatedAccount {
  readonly outcome: 'updated';
  /** The account as this change left it. */
  readonly account: Account;
  /**
   * The not-before mark as this change left it; `undefined` if the change ends no tokens. In a Redis cluster it may
   * already be the mark of a change that followed: that one ends more.
   */
  readonly mark: RevocationEntry | undefined;
}

export type AccountUpdate =
  | UpdatedAccount
  /** Nothing was written, because another account already uses this e-mail address as its own or as its name. */
  | { readonly outcome: 'taken' }
  /** Nothing was written, because {@link ChangeTerms.ifScopes} does not hold; decide again on this account. */
  | { readonly outcome: 'raced'; readonly account: Account }
  | StaleAuthority
  | MissingAccount;

export type AccountRemoval =
  /** The account as it was when it was removed. */
  { readonly outcome: 'removed'; readonly account: Account } | StaleAuthority | MissingAccount;

/** One page of the list, in order of creation. */
export interface AccountPage {
  readonly accounts: readonly Account[];
  /** The position after which the next page begins; `undefined` on the last page. */
  readonly next: ListPosition | undefined;
}

/** Stores accounts. Each write returns its result, so that the caller need not read the account again. */
export interface AccountStore {
  /** Finds an account by its exact name or e-mail address, without regard to case. */
  find(nameOrEmail: string): Promise<Account | undefined>;
  findById(id: string): Promise<Account | undefined>;
  /** All accounts, in order of creation. */
  list(): Promise<readonly Account[]>;
  /**
   * At most `limit` accounts after a position, in order of creation. If the account at that position was removed, the
   * page begins with the first account that was created in the same second or later: an account may then appear on two
   * pages, but none is left out.
   */
  page(limit: number, after?: ListPosition): Promise<AccountPage>;
  /** Rejects with `StoreError` if the id exists already. */
  add(account: Account, terms?: AddTerms): Promise<AccountAddition>;
  /**
   * Changes an account; concurrent changes are made one after the other. With a mark, the account's version rises, and
   * the mark rises to the latest of: the store's time within the transaction, the creation time of the newest token
   * ever recorded for the account, and one second after the existing mark, so that the feed reports every such change.
   * Both are written in one transaction. If they are on two servers, one is written after the other, and no token is
   * recorded for the account until both are written.
   */
  update(id: string, change: AccountChange, terms?: ChangeTerms): Promise<AccountUpdate>;
  /**
   * Removes an account and writes the mark that ends its tokens; does both or neither.
   *
   * @param onlyIf the account that removes it: it must still have this version and must not be disabled.
   */
  remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval>;
}
