import { toNfc } from '../lib/nfc.ts';

export interface Account {
  /** Immutable, and never reused for another account; the `sub` of its tokens. */
  readonly id: string;
  /** Unique without regard to case, among names and e-mail addresses together, since a log-in accepts either. */
  readonly name: string;
  /** Unique in the same way as the name. */
  readonly email?: string | undefined;
  /** Argon2id as a PHC string. */
  readonly passwordHash: string;
  readonly scopes: readonly string[];
  /** If `true`, neither the password nor any token of the account is accepted. */
  readonly disabled: boolean;
  readonly createdAtSeconds: number;
  /** Rises with every change that ends the account's tokens; 0 at first. */
  readonly version: number;
}

/** The version of an account on which a decision is based; the decision is valid while the account still has it. */
export interface AccountVersion {
  readonly id: string;
  readonly version: number;
}

/** The fields of an account to change; fields that are left out keep their values. */
export interface AccountChange {
  /** `null` removes the address. */
  readonly email?: string | null | undefined;
  readonly passwordHash?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** Returns the form of a name or an e-mail address under which it is unique: in NFC and lower case. */
export function accountNameKey(name: string): string {
  return toNfc(name).toLowerCase();
}

/** Returns the keys under which an account is found: of its name and of its e-mail address. */
export function accountNameKeys({ name, email }: Pick<Account, 'name' | 'email'>): ReadonlySet<string> {
  return new Set([name, ...(email === undefined ? [] : [email])].map(accountNameKey));
}

/** Whether an account has exactly the expected scopes, in the same order; `true` if none are expected. */
export function hasScopes({ scopes }: Pick<Account, 'scopes'>, expected: readonly string[] | undefined): boolean {
  return expected === undefined || JSON.stringify(scopes) === JSON.stringify(expected);
}

/** Returns the account after a change. The version rises if the change ends the account's tokens. */
export function changeAccount(account: Account, change: AccountChange, endsTokens: boolean): Account {
  const { email: existing, ...rest } = account;
  const email = change.email === undefined ? existing : (change.email ?? undefined);
  return {
    ...rest,
    ...(email === undefined ? {} : { email }),
    passwordHash: change.passwordHash ?? account.passwordHash,
    scopes: change.scopes ?? account.scopes,
    disabled: change.disabled ?? account.disabled,
    version: account.version + (endsTokens ? 1 : 0),
  };
}

/** Whether an account exists, is not disabled and still has this version. */
export function isUnchanged(account: Account | undefined, version: number): boolean {
  return account !== undefined && !account.disabled && account.version === version;
}
