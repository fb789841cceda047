import type { LogInOutcome, PasswordCheck } from '../core/check.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { findAccount } from './find-account.ts';
import type { Attempt, GuessThrottle, SpentBudget } from './guesses/guess-throttle.ts';
import type { Passwords, PasswordVerdict } from './passwords/passwords.ts';

const QUEUE_IS_FULL = 'password queue is full';

export interface CredentialCheckParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly passwords: Pick<Passwords, 'verify' | 'hasRoom'>;
  readonly throttle: Pick<GuessThrottle, 'admit'>;
  readonly observer: CredentialObserver;
}

export interface CredentialObserver {
  /** Called once for each check. Credentials that a cache has already accepted are not checked. */
  credentialsChecked(outcome: LogInOutcome): void;
  /**
   * Called when guesses have spent a budget.
   *
   * @param account the account's id; `undefined` if no account has the name.
   */
  guessesSpent(account: string | undefined, whose: SpentBudget, client: string | undefined): void;
}

/** Receives refused log-ins. */
export interface LogInObserver {
  logInRefused(
    client: string,
    refusal: {
      /** `unavailable`: the password is right, but no token can be issued now. */
      readonly reason: RefusedCredentials['reason'] | 'unavailable';
      readonly check: PasswordCheck | 'the clock is behind';
      readonly accountId?: string | undefined;
    },
  ): void;
}

export interface RefusedCredentials {
  readonly outcome: 'refused';
  readonly reason: 'credentials_invalid' | 'too_many_attempts';
  /** For the log only: the client must not learn whether the account exists. */
  readonly check: PasswordCheck;
  /** The account whose password was compared; likewise for the log only. */
  readonly accountId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

export type CredentialVerdict = { readonly outcome: 'account'; readonly account: Account } | RefusedCredentials;

/**
 * Checks a name or an e-mail address and a password against the accounts. A refusal takes the same time whether or not
 * the account exists or is disabled.
 */
export class CredentialCheck {
  private readonly parts: CredentialCheckParts;

  constructor(parts: CredentialCheckParts) {
    this.parts = parts;
  }

  /**
   * @param client the client's address, if known.
   * @param device the proof of a known device, if the client presents one.
   */
  async check(name: string, password: string, client: string | undefined, device?: string): Promise<CredentialVerdict> {
    const { throttle, passwords, observer } = this.parts;
    let outcome: LogInOutcome = 'failed';
    try {
      const acceptsStrangers = passwords.hasRoom('stranger');
      const attempt = await throttle.admit({ name, password, client, device, acceptsStrangers });
      if (attempt.outcome === 'admitted') {
        const verdict = await this.compare(name, password, attempt, client);
        outcome = outcomeOf(verdict);
        return verdict;
      }
      const { bound, retryAfterSeconds } = attempt;
      const isBusy = bound === 'the hashing queue';
      outcome = isBusy ? 'busy' : 'throttled';
      const check = isBusy ? QUEUE_IS_FULL : (`too many failures of ${bound}` as const);
      return { outcome: 'refused', reason: 'too_many_attempts', check, retryAfterSeconds };
    } finally {
      observer.credentialsChecked(outcome);
    }
  }

  /** Compares the password and reports the result to the attempt. */
  private async compare(
    name: string,
    password: string,
    attempt: Attempt,
    client: string | undefined,
  ): Promise<CredentialVerdict> {
    const { accounts, passwords, observer } = this.parts;
    let verdict: CredentialVerdict | undefined;
    try {
      const account = await findAccount(accounts, name);
      verdict = judge(await passwords.verify(password, account?.passwordHash, attempt.precedence), account);
    } finally {
      // An attempt whose password was not compared is not a guess.
      if (verdict === undefined || outcomeOf(verdict) === 'busy') await attempt.takeBack();
    }
    if (verdict.outcome === 'account') {
      await attempt.succeeded(verdict.account);
    } else if (verdict.reason === 'credentials_invalid') {
      const spent = attempt.failed();
      if (spent !== undefined) observer.guessesSpent(verdict.accountId, spent, client);
    }
    return verdict;
  }
}

function outcomeOf(verdict: CredentialVerdict): 'succeeded' | 'refused' | 'busy' {
  if (verdict.outcome === 'account') return 'succeeded';
  return verdict.reason === 'credentials_invalid' ? 'refused' : 'busy';
}

function judge(verdict: PasswordVerdict, account: Account | undefined): CredentialVerdict {
  if (verdict === 'busy') return refused('too_many_attempts', QUEUE_IS_FULL);
  if (account === undefined) return refused('credentials_invalid', 'no such account');
  if (verdict === 'mismatch') return refused('credentials_invalid', 'password', account.id);
  return account.disabled ? refused('credentials_invalid', 'disabled', account.id) : { outcome: 'account', account };
}

function refused(reason: RefusedCredentials['reason'], check: PasswordCheck, accountId?: string): RefusedCredentials {
  return { outcome: 'refused', reason, check, accountId };
}
