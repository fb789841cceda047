import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';

/**
 * The account of a name, or an e-mail address, as somebody typed it: keyboards of phones put a space behind a word. A name
 * that was given to an account before such names were refused comes first. What is asked depends on the name alone.
 */
export async function findAccount(
  accounts: Pick<AccountStore, 'find'>,
  nameOrEmail: string,
): Promise<Account | undefined> {
  const found = await accounts.find(nameOrEmail);
  const trimmed = nameOrEmail.trim();
  return found ?? (trimmed === nameOrEmail ? undefined : await accounts.find(trimmed));
}
