import type { Actor } from '../audit/actor.ts';
import { covers } from '../core/scope.ts';
import type { ListPosition } from '../lib/lists.ts';
import type { Account, AccountVersion } from './account.ts';
import type { AccountPage } from './account-store.ts';
import type { AccountEdit, AccountProblem, Accounts, NewAccount, Stale } from './accounts.ts';

/** An account that manages other accounts. */
export interface Manager {
  readonly by: Actor;
  /** The version of the manager's account when its request was authorized. */
  readonly accountVersion: number;
  /** The scopes of the manager's credential. */
  readonly granted: ReadonlySet<string>;
}

/** The manager must not do this, for the reason in `message`. */
export interface ManagementConflict {
  readonly outcome: 'conflict';
  readonly message: string;
}

/** An earlier copy of the same request has already created the account. */
export interface RepeatedAccount {
  readonly outcome: 'repeated';
  readonly account: Account;
}

export interface UnknownAccount {
  readonly outcome: 'not_found';
}

/**
 * Changes accounts for a manager. A manager can neither grant a scope that it lacks nor change an account that has such
 * a scope, since a new password would give it that scope. It also cannot lock itself out.
 */
export class AccountManagement {
  private readonly accounts: Accounts;

  constructor(accounts: Accounts) {
    this.accounts = accounts;
  }

  /** See {@link AccountStore.page}. */
  page(limit: number, after?: ListPosition): Promise<AccountPage> {
    return this.accounts.page(limit, after);
  }

  /** Resolves to an account's position in the list, or to `undefined` if there is no such account. */
  async positionOf(id: string): Promise<ListPosition | undefined> {
    const account = await this.accounts.findById(id);
    return account && { createdAtSeconds: account.createdAtSeconds, id };
  }

  async show(id: string): Promise<Account | UnknownAccount> {
    return (await this.accounts.findById(id)) ?? { outcome: 'not_found' };
  }

  /** @param id the id for the new account. If an account has it already, the request is a repetition and returns it. */
  async add(
    manager: Manager,
    account: NewAccount,
    id?: string,
  ): Promise<Account | RepeatedAccount | AccountProblem | ManagementConflict | Stale> {
    const created = id === undefined ? undefined : await this.accounts.findCreated(id);
    if (created === 'removed') {
      return { outcome: 'conflict', message: 'the account that this request created was removed' };
    }
    if (created !== undefined) return { outcome: 'repeated', account: created };
    // A misspelled scope is reported as such, and not as a scope that the manager lacks.
    const problem = this.accounts.scopesProblem(account.scopes) ?? overreach(manager, account.scopes);
    return problem ?? (await this.accounts.add(manager.by, account, { id, onlyIf: versionOf(manager) }));
  }

  async change(
    manager: Manager,
    id: string,
    edit: AccountEdit,
  ): Promise<Account | AccountProblem | ManagementConflict | UnknownAccount | Stale> {
    const account = await this.accounts.findById(id);
    if (account === undefined) return { outcome: 'not_found' };
    const objectionTo = (existing: Account) => this.objectionTo(manager, existing, edit);
    const changed = await this.accounts.change(manager.by, account, edit, versionOf(manager), objectionTo);
    return changed ?? { outcome: 'not_found' };
  }

  /** Returns the reason why the manager must not make this change, or `undefined`. */
  private objectionTo(
    manager: Manager,
    account: Account,
    edit: AccountEdit,
  ): AccountProblem | ManagementConflict | undefined {
    const { scopes = account.scopes, disabled } = edit;
    const conflict = outOfReach(manager, account);
    if (conflict !== undefined) return conflict;
    const losesScope = account.scopes.some((scope) => !scopes.includes(scope));
    if (account.id === manager.by.account && (disabled === true || losesScope)) {
      const message = 'an account must not disable itself or remove its own scopes; another manager can do this';
      return { outcome: 'conflict', message };
    }
    return this.accounts.scopesProblem(edit.scopes) ?? overreach(manager, scopes);
  }

  /** Resolves to `undefined` once the account is removed. */
  async remove(manager: Manager, id: string): Promise<ManagementConflict | UnknownAccount | Stale | undefined> {
    const account = await this.accounts.findById(id);
    if (account === undefined) return { outcome: 'not_found' };
    const conflict = outOfReach(manager, account);
    if (conflict !== undefined) return conflict;
    if (id === manager.by.account) return { outcome: 'conflict', message: 'an account must not remove itself' };
    const removed = await this.accounts.remove(manager.by, id, versionOf(manager));
    if (typeof removed === 'object') return removed;
    return removed ? undefined : { outcome: 'not_found' };
  }
}

/** A manager's change is written only if the manager's account still has this version. */
function versionOf({ by, accountVersion }: Manager): AccountVersion {
  return { id: by.account, version: accountVersion };
}

function overreach({ granted }: Manager, scopes: readonly string[]): AccountProblem | undefined {
  const lacking = scopes.filter((scope) => !covers(granted, scope));
  if (lacking.length === 0) return undefined;
  return { outcome: 'refused', field: 'scopes', message: `you do not have ${lacking.join(', ')} yourself` };
}

function outOfReach({ granted, by }: Manager, { id, scopes }: Account): ManagementConflict | undefined {
  const lacking = scopes.filter((scope) => !covers(granted, scope));
  if (lacking.length === 0 || id === by.account) return undefined;
  return { outcome: 'conflict', message: `the account has scopes that you lack: ${lacking.join(', ')}` };
}
