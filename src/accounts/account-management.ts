import type { Actor } from '../audit/actor.ts';
import { covers } from '../core/scope.ts';
import type { ListPosition } from '../lib/lists.ts';
import type { Account, AccountVersion } from './account.ts';
import type { AccountPage } from './account-store.ts';
import type { AccountEdit, AccountProblem, Accounts, NewAccount, Stale } from './accounts.ts';

/** An account that manages others, with the scopes of its credential. */
export interface Manager {
  readonly by: Actor;
  /** The account's version when the manager was admitted. */
  readonly accountVersion: number;
  readonly granted: ReadonlySet<string>;
}

/** What a manager may not do. */
export interface ManagementConflict {
  readonly outcome: 'conflict';
  readonly message: string;
}

/** It was made before, by the same request. */
export interface RepeatedAccount {
  readonly outcome: 'repeated';
  readonly account: Account;
}

export interface UnknownAccount {
  readonly outcome: 'not_found';
}

/**
 * Changes accounts for a manager: nobody reaches further that way than the scopes it has itself, neither by granting
 * nor by setting the password of one who has more, nor locks itself out by accident.
 */
export class AccountManagement {
  private readonly accounts: Accounts;

  constructor(accounts: Accounts) {
    this.accounts = accounts;
  }

  /** As the store pages them. */
  page(limit: number, after?: ListPosition): Promise<AccountPage> {
    return this.accounts.page(limit, after);
  }

  /** The place behind an account; `undefined` where there is none. */
  async positionOf(id: string): Promise<ListPosition | undefined> {
    const account = await this.accounts.findById(id);
    return account && { createdAtSeconds: account.createdAtSeconds, id };
  }

  async show(id: string): Promise<Account | UnknownAccount> {
    return (await this.accounts.findById(id)) ?? { outcome: 'not_found' };
  }

  /** @param id of the account that is made; where there is one already, a repeated request is answered with that. */
  async add(
    manager: Manager,
    account: NewAccount,
    id?: string,
  ): Promise<Account | RepeatedAccount | AccountProblem | ManagementConflict | Stale> {
    const made = id === undefined ? undefined : await this.accounts.findMade(id);
    if (made === 'removed') return { outcome: 'conflict', message: 'the account that this request made was removed' };
    if (made !== undefined) return { outcome: 'repeated', account: made };
    // A slip in a name is nothing that the manager lacks.
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
    const objectionTo = (standing: Account) => this.objectionTo(manager, standing, edit);
    const changed = await this.accounts.change(manager.by, account, edit, versionOf(manager), objectionTo);
    return changed ?? { outcome: 'not_found' };
  }

  /** Why a manager may not change an account so. */
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
      return { outcome: 'conflict', message: 'an account does not disable itself, nor gives up a scope; ask another' };
    }
    return this.accounts.scopesProblem(edit.scopes) ?? overreach(manager, scopes);
  }

  /** `undefined` once it is gone. */
  async remove(manager: Manager, id: string): Promise<ManagementConflict | UnknownAccount | Stale | undefined> {
    const account = await this.accounts.findById(id);
    if (account === undefined) return { outcome: 'not_found' };
    const conflict = outOfReach(manager, account);
    if (conflict !== undefined) return conflict;
    if (id === manager.by.account) return { outcome: 'conflict', message: 'an account does not remove itself' };
    const removed = await this.accounts.remove(manager.by, id, versionOf(manager));
    if (typeof removed === 'object') return removed;
    return removed ? undefined : { outcome: 'not_found' };
  }
}

/** What a manager does holds while its account is as it was when it was admitted. */
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
  return { outcome: 'conflict', message: `the account has what you lack: ${lacking.join(', ')}` };
}
