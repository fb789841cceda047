import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../core/scope.ts';
import { subjectMarkKey } from '../revocation/keys.ts';
import type { Account, AccountStore } from '../store/store.ts';
import type { Passwords } from './passwords.ts';

const NAME = /^[^\s:\p{Cc}][^:\p{Cc}]{0,127}$/u;

/** A removed account's mark: its id is never used again, so no token of it counts, one issued meanwhile included. */
const END_OF_TIME = '999999999999999';

export interface AccountsParts {
  readonly store: AccountStore;
  readonly passwords: Pick<Passwords, 'hash'>;
  /** The own issuer's name. */
  readonly issuer: string;
  /** Names of the catalogue's scopes. */
  readonly catalogue: ReadonlySet<string>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

export interface NewAccount {
  readonly name: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** What an account could not be made of, in words for the operator. */
export interface AccountProblem {
  readonly outcome: 'refused';
  readonly message: string;
}

/** Adds, lists and removes accounts. */
export class Accounts {
  private readonly parts: AccountsParts;

  constructor(parts: AccountsParts) {
    this.parts = parts;
  }

  /** With `onlyFirst`, refused where the store holds any account. */
  async add(account: NewAccount, options?: { readonly onlyFirst?: boolean }): Promise<Account | AccountProblem> {
    const message = this.problemWith(account);
    if (message !== undefined) return { outcome: 'refused', message };
    const { name, password, scopes } = account;
    const passwordHash = await this.parts.passwords.hash(password);
    const createdAtSeconds = this.nowSeconds();
    const made = {
      id: randomBytes(16).toString('base64url'),
      name,
      passwordHash,
      scopes,
      disabled: false,
      createdAtSeconds,
    };
    const added = await this.parts.store.add(made, options);
    return added ? made : { outcome: 'refused', message: `account '${name}' exists already` };
  }

  list(): Promise<readonly Account[]> {
    return this.parts.store.list();
  }

  /** Removes the account and ends its tokens; `false` where there is none of this name. */
  async remove(name: string): Promise<boolean> {
    const account = await this.parts.store.find(name);
    if (account === undefined) return false;
    const key = subjectMarkKey(this.parts.issuer, account.id);
    return this.parts.store.remove(account.id, {
      key,
      value: END_OF_TIME,
      expiresAtSeconds: undefined,
    });
  }

  private problemWith({ name, password, scopes }: NewAccount): string | undefined {
    if (!NAME.test(name)) return `an account's name has 1 to 128 characters, no colon and no control character`;
    if (password === '') return 'the password is empty';
    if (Buffer.byteLength(password) > 1024) return 'the password is over 1024 bytes';
    const { catalogue } = this.parts;
    const isKnown = (scope: string): boolean =>
      catalogue.has(scope) || scope === ALL_ANY || MANAGEMENT_SCOPES.has(scope);
    const unknown = scopes.filter((scope) => !isKnown(scope));
    return unknown.length === 0 ? undefined : `no such scope: ${unknown.join(', ')}`;
  }

  private nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }
}
