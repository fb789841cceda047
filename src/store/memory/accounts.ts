import type { Account, AccountChange, AccountVersion } from '../../accounts/account.ts';
import { accountNameKey, accountNameKeys, changeAccount, hasScopes, isUnchanged } from '../../accounts/account.ts';
import type {
  AccountAddition,
  AccountPage,
  AccountRemoval,
  AccountStore,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
} from '../../accounts/account-store.ts';
import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage } from '../../lib/lists.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { StoredRecord } from '../store.ts';
import type { Life } from './life.ts';
import type { MemoryRevocations } from './revocations.ts';

/** The times by which a not-before mark is raised; see `MarkTimes`. */
interface MemoryTimes {
  nowSeconds(): number;
  newestTokenSeconds(accountId: string): number;
}

/** Accounts in memory. */
export class MemoryAccounts implements AccountStore {
  private readonly life: Life;
  private readonly revocations: MemoryRevocations;
  private readonly times: MemoryTimes;
  /** By id, in order of creation. */
  private readonly accounts = new Map<string, Account>();

  constructor(life: Life, revocations: MemoryRevocations, times: MemoryTimes) {
    this.life = life;
    this.revocations = revocations;
    this.times = times;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    this.life.check();
    return this.holderOf(accountNameKey(nameOrEmail));
  }

  async findById(id: string): Promise<Account | undefined> {
    this.life.check();
    return this.accounts.get(id);
  }

  async list(): Promise<readonly Account[]> {
    this.life.check();
    return [...this.accounts.values()];
  }

  async page(limit: number, after?: ListPosition): Promise<AccountPage> {
    const all = await this.list();
    const known = after === undefined ? -1 : all.findIndex(({ id }) => id === after.id);
    const later = all.findIndex((account) => account.createdAtSeconds >= (after?.createdAtSeconds ?? 0));
    const first = known >= 0 ? known + 1 : later < 0 ? all.length : later;
    const { shown: accounts, next } = cutPage(all.slice(first), limit);
    return { accounts, next };
  }

  async add(account: Account, { onlyFirst = false, onlyIf }: AddTerms = {}): Promise<AccountAddition> {
    this.life.check();
    if (onlyIf !== undefined && !this.isUnchanged(onlyIf)) return { outcome: 'stale' };
    if (onlyFirst && this.accounts.size > 0) return { outcome: 'not_first' };
    const field = this.takenField(account);
    if (field !== undefined) return { outcome: 'taken', field };
    if (this.accounts.has(account.id)) throw new StoreError(`account id "${account.id}" exists already`);
    this.accounts.set(account.id, account);
    return { outcome: 'added' };
  }

  async update(id: string, change: AccountChange, terms: ChangeTerms = {}): Promise<AccountUpdate> {
    const { mark: markKey, onlyIf, ifScopes } = terms;
    this.life.check();
    const before = this.accounts.get(id);
    if (before === undefined) return { outcome: 'missing' };
    if (onlyIf !== undefined && !this.isUnchanged(onlyIf)) return { outcome: 'stale' };
    if (!hasScopes(before, ifScopes)) return { outcome: 'raced', account: before };
    const account = changeAccount(before, change, markKey !== undefined);
    if (this.takenField(account) !== undefined) return { outcome: 'taken' };
    this.accounts.set(id, account);
    const times = { nowSeconds: this.times.nowSeconds(), newestTokenSeconds: this.times.newestTokenSeconds(id) };
    const mark = markKey === undefined ? undefined : this.revocations.raise(markKey, times);
    return { outcome: 'updated', account, mark };
  }

  /** Whether the account still has this version and is not disabled. */
  isUnchanged({ id, version }: AccountVersion): boolean {
    return isUnchanged(this.accounts.get(id), version);
  }

  async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    this.life.check();
    if (onlyIf !== undefined && !this.isUnchanged(onlyIf)) return { outcome: 'stale' };
    const account = this.accounts.get(id);
    if (account === undefined) return { outcome: 'missing' };
    this.accounts.delete(id);
    this.revocations.put(mark);
    return { outcome: 'removed', account };
  }

  *records(): Iterable<StoredRecord> {
    for (const record of this.accounts.values()) yield { kind: 'account', record };
  }

  /** Returns which of the account's name and e-mail address belongs to another account, if any. */
  private takenField(account: Account): 'name' | 'email' | undefined {
    const isTaken = (name: string | undefined): boolean =>
      name !== undefined && (this.holderOf(accountNameKey(name)) ?? account).id !== account.id;
    if (isTaken(account.name)) return 'name';
    return isTaken(account.email) ? 'email' : undefined;
  }

  private holderOf(nameKey: string): Account | undefined {
    return [...this.accounts.values()].find((account) => accountNameKeys(account).has(nameKey));
  }
}
