import { isRandomId, randomId } from '../lib/random-id.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { findAccount } from './find-account.ts';

const ID_LENGTH = 22;

/** Returns the id of a new account: random, so that no two accounts ever share one. */
export function newAccountId(): string {
  return randomId(ID_LENGTH);
}

/** An account id, with the account itself if the store has it. */
export interface NamedAccount {
  readonly id: string;
  readonly account: Account | undefined;
}

/**
 * Finds an account by its id, name or e-mail address. Resolves to an unknown id as well, because tokens of a removed
 * account may still exist, and to `undefined` if the string cannot be the `sub` of one of our own tokens.
 */
export async function findNamedAccount(
  idOrName: string,
  accounts: Pick<AccountStore, 'find' | 'findById'>,
): Promise<NamedAccount | undefined> {
  const account = (await accounts.findById(idOrName)) ?? (await findAccount(accounts, idOrName));
  if (account !== undefined) return { id: account.id, account };
  return isRandomId(idOrName, ID_LENGTH) ? { id: idOrName, account } : undefined;
}
