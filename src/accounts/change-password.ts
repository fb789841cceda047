import type { Actor } from '../audit/actor.ts';
import type { AccountStore } from './account-store.ts';
import type { AccountProblem, Accounts } from './accounts.ts';
import type { CredentialCheck, LogInObserver, RefusedCredentials } from './credential-check.ts';

export interface ChangePasswordParts {
  readonly store: Pick<AccountStore, 'findById'>;
  readonly accounts: Pick<Accounts, 'change'>;
  readonly credentials: Pick<CredentialCheck, 'check'>;
  readonly observer: LogInObserver;
}

/** A request to replace one's own password. */
export interface PasswordChange {
  readonly current: string;
  readonly replacement: string;
}

export type PasswordOutcome =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'no_account' }
  | { readonly outcome: 'refused_credentials'; readonly refusal: RefusedCredentials }
  | AccountProblem;

/** Changes the caller's own password. A wrong current password counts as a guess, as in a log-in. */
export class ChangePassword {
  private readonly parts: ChangePasswordParts;

  constructor(parts: ChangePasswordParts) {
    this.parts = parts;
  }

  /** @param by the account whose password is changed. */
  async change(by: Actor, request: PasswordChange): Promise<PasswordOutcome> {
    const result = await this.replace(by, request);
    if (result.outcome === 'refused_credentials') this.parts.observer.logInRefused(by.client, result.refusal);
    return result;
  }

  private async replace(by: Actor, { current, replacement }: PasswordChange): Promise<PasswordOutcome> {
    const { store, accounts, credentials } = this.parts;
    const account = await store.findById(by.account);
    if (account === undefined) return { outcome: 'no_account' };
    const found = await credentials.check(account.name, current, by.client);
    if (found.outcome === 'refused') return { outcome: 'refused_credentials', refusal: found };
    // The name may have passed to another account since.
    if (found.account.id !== by.account) return { outcome: 'no_account' };
    const changed = await accounts.change(by, found.account, { password: replacement }, found.account);
    if (changed === undefined) return { outcome: 'no_account' };
    if (!('outcome' in changed)) return { outcome: 'changed' };
    if (changed.outcome !== 'stale') return changed;
    const refusal = {
      outcome: 'refused',
      reason: 'credentials_invalid',
      check: 'the account was changed meanwhile',
    } as const;
    return { outcome: 'refused_credentials', refusal };
  }
}
