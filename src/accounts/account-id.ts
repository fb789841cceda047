import { isRandomId, randomId } from '../lib/random-id.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { findAccount } from './find-account.ts';

const ID_LENGTH = 22;

/** The id of a new account: random, so that it is never used again. */
export function newAccountId(): string {
  return randomId(ID_LENGTH);
}

/** Whom a subject of our own issuer names; without an account where the store knows of none with this id. */
export interface NamedAccount {
  readonly id: string;
  readonly account: Account | undefined;
}

/**
 * The account that somebody means by its id, name or e-mail address. An unknown id counts as well: the account may have
 * been removed, and its tokens not. `undefined` for what no token of ours can have as its `sub`.
 */
export async function findNamedAccount(
  who: string,
  accounts: Pick<AccountStore, 'find' | 'findById'>,
): Promise<NamedAccount | undefined> {
  const account = (await accounts.findById(who)) ?? (await findAccount(accounts, who));
  if (account !== undefined) return { id: account.id, account };
  return isRandomId(who, ID_LENGTH) ? { id: who, account } : undefined;
}
