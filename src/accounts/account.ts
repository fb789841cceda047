import { toNfc } from '../lib/nfc.ts';

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

/** Whether an account is as somebody knew it at `version`, so that what was decided about it then still holds. */
export function stands(account: Account | undefined, version: number): boolean {
  return account !== undefined && !account.disabled && account.version === version;
}
