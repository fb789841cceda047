import type { Account, AccountStore } from '../store/store.ts';
import { findAccount } from './find-account.ts';
import type { GuessThrottle } from './guess-throttle.ts';
import type { Passwords, PasswordVerdict } from './passwords.ts';

export interface CredentialCheckParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly throttle: Pick<GuessThrottle, 'admit'>;
}

export interface RefusedCredentials {
  readonly outcome: 'refused';
  readonly reason: 'credentials_invalid' | 'too_many_attempts';
  /** For the log; the client must not learn whether there is such an account. */
  readonly check: string;
  readonly retryAfterSeconds?: number | undefined;
}

export type CredentialVerdict = { readonly outcome: 'account'; readonly account: Account } | RefusedCredentials;

/**
 * Whether a name, or an e-mail address, and a password are an account's. A refusal costs the same whether or not the
 * account exists, or is disabled.
 */
export class CredentialCheck {
  private readonly parts: CredentialCheckParts;

  constructor(parts: CredentialCheckParts) {
    this.parts = parts;
  }

  /** @param client its address, where that is known. */
  async check(name: string, password: string, client: string | undefined): Promise<CredentialVerdict> {
    const attempt = this.parts.throttle.admit({ name, password, client });
    if (attempt.outcome === 'refused') {
      const { retryAfterSeconds, bound } = attempt;
      return {
        outcome: 'refused',
        reason: 'too_many_attempts',
        check: `too many failures of ${bound}`,
        retryAfterSeconds,
      };
    }
    let verdict: CredentialVerdict | undefined;
    try {
      verdict = await this.compare(name, password);
      return verdict;
    } finally {
      // What nobody compared was no guess.
      if (verdict?.outcome === 'account') attempt.succeeded();
      else if (verdict?.reason === 'credentials_invalid') attempt.failed();
      else attempt.takeBack();
    }
  }

  private async compare(name: string, password: string): Promise<CredentialVerdict> {
    const account = await findAccount(this.parts.accounts, name);
    return judge(await this.parts.passwords.verify(password, account?.passwordHash), account);
  }
}

function judge(verdict: PasswordVerdict, account: Account | undefined): CredentialVerdict {
  if (verdict === 'busy') return refused('too_many_attempts', 'password queue is full');
  if (account === undefined) return refused('credentials_invalid', 'no such account');
  if (verdict === 'mismatch') return refused('credentials_invalid', 'password');
  return account.disabled ? refused('credentials_invalid', 'disabled') : { outcome: 'account', account };
}

function refused(reason: RefusedCredentials['reason'], check: string): RefusedCredentials {
  return { outcome: 'refused', reason, check };
}
