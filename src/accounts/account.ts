import { toNfc } from '../lib/nfc.ts';
import type { Account, AccountChange } from '../store/store.ts';

/** What two spellings of one account's name, or e-mail address, have in common: they are unique without regard to case. */
export function accountNameKey(name: string): string {
  return toNfc(name).toLowerCase();
}

/** Every spelling by which an account is found. */
export function accountNameKeys({ name, email }: Pick<Account, 'name' | 'email'>): ReadonlySet<string> {
  return new Set([name, ...(email === undefined ? [] : [email])].map(accountNameKey));
}

/** Whether an account has exactly the scopes that somebody read of it; where nobody read any, it has. */
export function hasScopes({ scopes }: Pick<Account, 'scopes'>, read: readonly string[] | undefined): boolean {
  return read === undefined || JSON.stringify(scopes) === JSON.stringify(read);
}

/** An account after a change, which may be one that ends its tokens. */
export function changeAccount(account: Account, change: AccountChange, endsTokens: boolean): Account {
  const { email: standing, ...rest } = account;
  const email = change.email === undefined ? standing : (change.email ?? undefined);
  return {
    ...rest,
    ...(email === undefined ? {} : { email }),
    passwordHash: change.passwordHash ?? account.passwordHash,
    scopes: change.scopes ?? account.scopes,
    disabled: change.disabled ?? account.disabled,
    version: account.version + (endsTokens ? 1 : 0),
  };
}
