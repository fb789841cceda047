import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
import type { ListPosition } from '../lib/lists.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { subjectMarkKey } from '../revocation-set/entry-keys.ts';
import type { Account, AccountVersion } from './account.ts';
import { newAccountId } from './account-id.ts';
import type { AccountPage, AccountStore, AccountUpdate, AddTerms } from './account-store.ts';
import { findAccount } from './find-account.ts';
import { emailProblem, nameProblem } from './name-rules.ts';
import type { CalledAs } from './passwords/password-rule.ts';
import { unusablePassword, weakPassword } from './passwords/password-rule.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { ScopeNames } from './scope-names.ts';
import { isScope, noSuchScope } from './scope-names.ts';

/** The mark of a removed account. It ends every token, also one that is issued meanwhile; the id is never reused. */
export const END_OF_TIME = '999999999999999';

/** How often a change is decided again because another change of the account was written first. */
const MAX_TRIES = 20;

export interface AccountsParts {
  readonly store: { readonly accounts: AccountStore; readonly revocations: RevocationReader };
  readonly passwords: Pick<Passwords, 'hash'>;
  /** The name of our own issuer. */
  readonly issuer: string;
  readonly catalogue: ScopeNames;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly audit: Pick<AuditLog, 'firstAccountCreated' | 'accountAdded' | 'accountChanged' | 'accountRemoved'>;
}

export interface NewAccount {
  readonly name: string;
  readonly email?: string | undefined;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** The fields of an account to change; fields that are left out keep their values. */
export interface AccountEdit {
  /** `null` removes the address. */
  readonly email?: string | null | undefined;
  readonly password?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** Why an account could not be created or changed, with a message for the caller. */
export interface AccountProblem {
  /**
   * `taken`: another account uses the value as its name or e-mail address. `busy`: too many passwords are being hashed,
   * and nothing was done.
   */
  readonly outcome: 'refused' | 'taken' | 'busy';
  readonly field: keyof NewAccount;
  readonly message: string;
}

/** Nothing was written, because the account that makes the change has changed since its request was authorized. */
export interface Stale {
  readonly outcome: 'stale';
  readonly message: string;
}

/** Adds, lists, changes and removes accounts, and writes an audit record of each change. */
export class Accounts {
  private readonly parts: AccountsParts;

  constructor(parts: AccountsParts) {
    this.parts = parts;
  }

  /**
   * Adds an account.
   *
   * @param options `onlyIf`: the account that adds it, see {@link AddTerms}. `id`: an id that no account ever had;
   *   random by default.
   */
  async add(
    by: Who,
    account: NewAccount,
    { onlyIf, id }: Pick<AddTerms, 'onlyIf'> & { readonly id?: string | undefined } = {},
  ): Promise<Account | AccountProblem | Stale> {
    const problem = this.problemWithNew(account) ?? (await weakness(account.password, account));
    const added = problem ?? (await this.create(account, { onlyIf, id }));
    if (!('outcome' in added)) this.parts.audit.accountAdded(by, added);
    return added;
  }

  /** Adds an account if the store holds none. Accepts a short or common password. */
  async addFirst(account: NewAccount): Promise<Account | AccountProblem | Stale> {
    const added = this.problemWithNew(account) ?? (await this.create(account, { onlyFirst: true }));
    if (!('outcome' in added)) this.parts.audit.firstAccountCreated(added.name);
    return added;
  }

  private async create(
    { email, password, scopes, ...account }: NewAccount,
    { onlyFirst = false, onlyIf, id = newAccountId() }: AddTerms & { readonly id?: string | undefined },
  ): Promise<Account | AccountProblem | Stale> {
    const name = account.name.normalize('NFC');
    const hashed = await this.parts.passwords.hash(password);
    if (hashed.outcome === 'busy') return BUSY;
    const created = {
      id,
      name,
      ...(email === undefined ? {} : { email }),
      passwordHash: hashed.value,
      scopes: [...new Set(scopes)],
      disabled: false,
      createdAtSeconds: Math.floor(this.parts.clock.wallMs() / 1000),
      version: 0,
    };
    const added = await this.parts.store.accounts.add(created, { onlyFirst, onlyIf });
    switch (added.outcome) {
      case 'added':
        return created;
      case 'stale':
        return STALE;
      case 'not_first':
        return taken('name', 'there is an account already');
      case 'taken':
        return added.field === 'name' ? taken('name', `account '${name}' exists already`) : emailTaken(email);
    }
  }

  /** Finds an account by its name or e-mail address as a person typed it. */
  find(nameOrEmail: string): Promise<Account | undefined> {
    return findAccount(this.parts.store.accounts, nameOrEmail);
  }

  findById(id: string): Promise<Account | undefined> {
    return this.parts.store.accounts.findById(id);
  }

  /** Finds the account that was created with this id; resolves to `removed` if it was removed since. */
  async findCreated(id: string): Promise<Account | 'removed' | undefined> {
    const { store, issuer } = this.parts;
    const account = await store.accounts.findById(id);
    if (account !== undefined) return account;
    const [mark] = await store.revocations.read([subjectMarkKey(issuer, id)]);
    return mark === undefined ? undefined : 'removed';
  }

  /** Resolves to all accounts, in order of creation. */
  list(): Promise<readonly Account[]> {
    return this.parts.store.accounts.list();
  }

  /** See {@link AccountStore.page}. */
  page(limit: number, after?: ListPosition): Promise<AccountPage> {
    return this.parts.store.accounts.page(limit, after);
  }

  /**
   * Changes an account. A new password, the loss of a scope and disabling end the account's tokens and its cached
   * password; tokens that are issued afterwards stay valid. Resolves to `undefined` if there is no such account.
   *
   * @param known the account as the caller read it. If its scopes have changed since, the change is decided again.
   * @param onlyIf the account that makes the change; the outcome is `stale` if that account has changed since.
   * @param objectionTo returns the reason why this account must not be changed in this way. Called again if the change
   *   is decided again.
   */
  async change<Objection = never>(
    by: Who,
    known: Account,
    edit: AccountEdit,
    onlyIf?: AccountVersion,
    objectionTo: (account: Account) => Objection | undefined = () => undefined,
  ): Promise<Account | AccountProblem | Stale | Objection | undefined> {
    const { password } = edit;
    const problem = objectionTo(known) ?? this.problemWith(edit);
    if (problem !== undefined) return problem;
    const weak = password === undefined ? undefined : await weakness(password, known);
    if (weak !== undefined) return weak;
    const hashed = password === undefined ? undefined : await this.parts.passwords.hash(password);
    if (hashed?.outcome === 'busy') return BUSY;
    let present = known;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const updated = await this.write(present, edit, hashed?.value, onlyIf);
      switch (updated.outcome) {
        case 'updated':
          this.parts.audit.accountChanged(by, updated.account, fieldsOf(edit));
          return updated.account;
        case 'missing':
          return undefined;
        case 'stale':
          return STALE;
        case 'taken':
          return emailTaken(edit.email ?? undefined);
        case 'raced': {
          present = updated.account;
          const objection = objectionTo(present);
          if (objection !== undefined) return objection;
        }
      }
    }
    throw new StoreError(`account "${known.id}" changes too often; try again`);
  }

  /** Writes a change if the account still has these scopes, on which the decision to make it depends. */
  private write(
    account: Account,
    edit: AccountEdit,
    passwordHash: string | undefined,
    onlyIf: AccountVersion | undefined,
  ): Promise<AccountUpdate> {
    const { store, issuer } = this.parts;
    const { email, disabled } = edit;
    const scopes = edit.scopes && [...new Set(edit.scopes)];
    const mark = endsTokens(account, edit) ? subjectMarkKey(issuer, account.id) : undefined;
    const change = { email, passwordHash, scopes, disabled };
    return store.accounts.update(account.id, change, { mark, onlyIf, ifScopes: account.scopes });
  }

  /** Removes an account and ends its tokens; resolves to `false` if there is no such account. */
  async remove(by: Who, id: string, onlyIf?: AccountVersion): Promise<boolean | Stale> {
    const key = subjectMarkKey(this.parts.issuer, id);
    const mark = { key, value: END_OF_TIME, expiresAtSeconds: undefined };
    const { outcome } = await this.parts.store.accounts.remove(id, mark, onlyIf);
    if (outcome === 'removed') this.parts.audit.accountRemoved(by, id);
    return outcome === 'stale' ? STALE : outcome === 'removed';
  }

  /** Returns the problem with the first of these that is not a scope, or `undefined`. */
  scopesProblem(scopes: readonly string[] = []): AccountProblem | undefined {
    const { catalogue } = this.parts;
    const unknown = scopes.find((scope) => !isScope(catalogue, scope));
    return unknown === undefined ? undefined : refused('scopes', noSuchScope(catalogue, unknown));
  }

  private problemWithNew(account: NewAccount): AccountProblem | undefined {
    const misnomer = nameProblem(account.name);
    return misnomer === undefined ? this.problemWith(account) : refused('name', misnomer);
  }

  private problemWith({ email, password, scopes }: AccountEdit): AccountProblem | undefined {
    const message = typeof email === 'string' ? emailProblem(email) : undefined;
    if (message !== undefined) return refused('email', message);
    const unusable = password === undefined ? undefined : unusablePassword(password);
    if (unusable !== undefined) return refused('password', unusable);
    return this.scopesProblem(scopes);
  }
}

const STALE: Stale = { outcome: 'stale', message: 'your own account was changed meanwhile' };

const BUSY: AccountProblem = {
  outcome: 'busy',
  field: 'password',
  message: 'too many passwords are being hashed; try again in a moment',
};

/** Returns the names of the fields that an edit sets. */
function fieldsOf(edit: AccountEdit): readonly string[] {
  return Object.entries(edit).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}

function endsTokens(account: Account, { password, scopes, disabled }: AccountEdit): boolean {
  const losesScope = scopes !== undefined && account.scopes.some((scope) => !scopes.includes(scope));
  return password !== undefined || losesScope || disabled === true;
}

async function weakness(password: string, called: CalledAs): Promise<AccountProblem | undefined> {
  const problem = await weakPassword(password, called);
  return problem === undefined ? undefined : refused('password', problem);
}

function emailTaken(email = ''): AccountProblem {
  return taken('email', `e-mail address '${email}' is taken`);
}

function taken(field: AccountProblem['field'], message: string): AccountProblem {
  return { outcome: 'taken', field, message };
}

function refused(field: AccountProblem['field'], message: string): AccountProblem {
  return { outcome: 'refused', field, message };
}
