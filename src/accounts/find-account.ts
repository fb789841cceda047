import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';

/**
 * Finds an account by its name or e-mail address as a person typed it, since phone keyboards add a space after a word.
 * The exact name is tried first: existing accounts may have a name with spaces around it, which is no longer allowed.
 * The number of reads depends only on the input, so it does not reveal whether an account exists.
 */
export async function findAccount(
  accounts: Pick<AccountStore, 'find'>,
  nameOrEmail: string,
): Promise<Account | undefined> {
  const found = await accounts.find(nameOrEmail);
  const trimmed = nameOrEmail.trim();
  return found ?? (trimmed === nameOrEmail ? undefined : await accounts.find(trimmed));
}
