import type { Account, AccountStore } from '../store/store.ts';
import type { Passwords } from './passwords.ts';

export interface CredentialCheckParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly passwords: Pick<Passwords, 'verify'>;
}

export type CredentialVerdict =
  | { readonly outcome: 'account'; readonly account: Account }
  | {
      readonly outcome: 'refused';
      readonly reason: 'credentials_invalid' | 'too_many_attempts';
      /** For the log; the client must not learn whether there is such an account. */
      readonly check: string;
    };

/** Whether a name and a password are an account's. A refusal costs the same whether or not the account exists. */
export class CredentialCheck {
  private readonly parts: CredentialCheckParts;

  constructor(parts: CredentialCheckParts) {
    this.parts = parts;
  }

  async check(name: string, password: string): Promise<CredentialVerdict> {
    const account = await this.parts.accounts.find(name);
    switch (await this.parts.passwords.verify(password, account?.passwordHash)) {
      case 'busy':
        return { outcome: 'refused', reason: 'too_many_attempts', check: 'password queue is full' };
      case 'mismatch':
        return refused(account === undefined ? 'no such account' : 'password');
      case 'match':
        return account === undefined ? refused('no such account') : { outcome: 'account', account };
    }
  }
}

function refused(check: string): CredentialVerdict {
  return { outcome: 'refused', reason: 'credentials_invalid', check };
}
