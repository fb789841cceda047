import type { Account, AccountChange, AccountVersion } from '../../accounts/account.ts';
import { accountNameKey, accountNameKeys, changeAccount, hasScopes } from '../../accounts/account.ts';
import type {
  AccountAddition,
  AccountPage,
  AccountRemoval,
  AccountStore,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
  UpdatedAccount,
} from '../../accounts/account-store.ts';
import { StoreError } from '../../core/ports.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage } from '../../lib/lists.ts';
import type { RedisReader, RedisWriter } from '../../redis/redis-client.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { parseMembers } from '../members.ts';
import type { RedisFeed } from './feed.ts';
import { ACCOUNT_KEYS } from './layout.ts';
import { toAccount } from './records.ts';
import { endOf } from './revocations.ts';
import type { AccountDeletion, AccountSwap } from './scripts.ts';

const { records, names, order, newest } = ACCOUNT_KEYS;

/** More accounts than any store holds. */
const ALL = 1_000_000_000;

/** Of a change that others get ahead of. */
const MAX_TRIES = 20;

/** A mark that is still to be written for the last change of an account. */
export interface MissingMark {
  readonly key: string;
  /**
   * The Unix second that it must reach: decided once, so that it rises once, however many write it. `undefined` for one
   * past where it stands.
   */
  readonly fromSeconds: number | undefined;
}

/** Nothing was written, because the account was changed since it was read. */
export interface Outdated {
  readonly outcome: 'outdated';
}

/** An account as it is kept. */
export interface FoundAccount {
  readonly record: string;
  readonly account: Account;
  readonly unmarked: MissingMark | undefined;
}

/** Accounts in Redis; what ends their tokens is a revocation too, so the feed hears of it. */
export class RedisAccounts implements AccountStore {
  protected readonly writes: RedisWriter;
  private readonly reads: RedisReader;
  private readonly feed: Pick<RedisFeed, 'acknowledged'>;

  constructor(reads: RedisReader, writes: RedisWriter, feed: Pick<RedisFeed, 'acknowledged'>) {
    this.reads = reads;
    this.writes = writes;
    this.feed = feed;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    const nameKey = accountNameKey(nameOrEmail);
    const found = await this.reads.ask(
      async (client) => readAccount(await client.sallyportFindAccount(records, names, nameKey)),
      records,
    );
    return (await this.settled(found))?.account;
  }

  async findById(id: string): Promise<Account | undefined> {
    const found = await this.reads.ask(async (client) => readAccount(await client.hget(records, id)), records);
    return (await this.settled(found))?.account;
  }

  /** No decision waits for it, so it may take as long as a write. */
  async list(): Promise<readonly Account[]> {
    return (await this.page(ALL)).accounts;
  }

  async page(limit: number, after: ListPosition = { createdAtSeconds: 0, id: '' }): Promise<AccountPage> {
    const found = await this.writes.ask(
      (client) => client.sallyportPageAccounts(records, order, after.id, after.createdAtSeconds, limit + 1),
      records,
    );
    const { shown: accounts, next } = cutPage(found.map(toAccount), limit);
    return { accounts, next };
  }

  async add(account: Account, terms: AddTerms = {}): Promise<AccountAddition> {
    const first = terms.onlyFirst === true ? '1' : '0';
    const added = await this.writes.write(
      (client) =>
        client.sallyportAddAccount(
          records,
          names,
          order,
          account.id,
          recordOf(account),
          first,
          ...authorityOf(terms),
          ...accountNameKeys(account),
        ),
      records,
    );
    switch (added) {
      case 'id_exists':
        throw new StoreError(`account id "${account.id}" exists already`);
      case 'name_taken':
        return { outcome: 'taken', field: 'name' };
      case 'email_taken':
        return { outcome: 'taken', field: 'email' };
      case 'added':
      case 'stale':
      case 'not_first':
        return { outcome: added };
    }
  }

  async update(id: string, change: AccountChange, terms: ChangeTerms = {}): Promise<AccountUpdate> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const standing = await this.settled(await this.readAgain(id));
      if (standing === undefined) return { outcome: 'missing' };
      if (!hasScopes(standing.account, terms.ifScopes)) return { outcome: 'raced', account: standing.account };
      const account = changeAccount(standing.account, change, terms.mark !== undefined);
      const updated = await this.swap(standing.record, account, terms);
      if (updated.outcome !== 'outdated') return updated;
    }
    throw new StoreError(`account "${id}" is being changed by others all the time; try again`);
  }

  async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    const args = [id, mark.value, endOf(mark), ...authorityOf({ onlyIf })] as const;
    const removed = await this.writes.write(
      (client) => client.sallyportRemoveAccount(records, names, order, newest, mark.key, ...args),
      records,
    );
    if (removed[0] === 'removed') this.feed.acknowledged(mark);
    return toRemoval(removed);
  }

  /** The account, once no change of it is under way that writes its mark elsewhere: here, both are written at once. */
  protected async settled(found: FoundAccount | undefined): Promise<FoundAccount | undefined> {
    return found;
  }

  /** No decision waits for it, so it may take as long as a write. */
  protected async readAgain(id: string): Promise<FoundAccount | undefined> {
    return await this.writes.ask(async (client) => readAccount(await client.hget(records, id)), records);
  }

  /** Replaces the record `standing`; `outdated` if the account has another record by now. */
  protected async swap(standing: string, account: Account, terms: ChangeTerms): Promise<AccountUpdate | Outdated> {
    const { mark } = terms;
    if (mark === undefined) return toUpdate(await this.put(standing, account, terms), { account, mark });
    const [authority, version] = authorityOf(terms);
    const args = [account.id, standing, recordOf(account), authority, version] as const;
    const [updated, value] = await this.writes.write(
      (client) => client.sallyportUpdateMarkedAccount(records, names, newest, mark, ...args),
      records,
    );
    const raised = value === null ? undefined : { key: mark, value, expiresAtSeconds: undefined };
    if (raised !== undefined) this.feed.acknowledged(raised);
    return toUpdate(updated, { account, mark: raised });
  }

  /** The account alone. */
  protected async put(
    standing: string,
    account: Account,
    terms: ChangeTerms,
    unmarked?: MissingMark,
  ): Promise<AccountSwap> {
    const [authority, version] = authorityOf(terms);
    const args = [account.id, standing, recordOf(account, unmarked), authority, version] as const;
    return await this.writes.write((client) => client.sallyportUpdateAccount(records, names, ...args), records);
  }
}

export function toUpdate(
  swap: AccountSwap,
  written: Pick<UpdatedAccount, 'account' | 'mark'>,
): AccountUpdate | Outdated {
  return swap === 'updated' ? { outcome: swap, ...written } : { outcome: swap };
}

export function toRemoval([outcome, record]: AccountDeletion): AccountRemoval {
  return outcome === 'removed' ? { outcome, account: toAccount(record) } : { outcome };
}

/** With the spellings by which it is found, and the mark that is missing: the scripts read them there. */
export function recordOf(account: Account, unmarked?: MissingMark): string {
  const [nameKey, emailKey] = [account.name, account.email].map((name) => name && accountNameKey(name));
  const { key, fromSeconds } = unmarked ?? {};
  return JSON.stringify({ ...account, nameKey, emailKey, unmarked: key, unmarkedFrom: fromSeconds });
}

function authorityOf({ onlyIf }: Pick<ChangeTerms, 'onlyIf'>): readonly [id: string, version: number] {
  return onlyIf === undefined ? ['', 0] : [onlyIf.id, onlyIf.version];
}

function readAccount(record: string | null): FoundAccount | undefined {
  if (record === null) return undefined;
  const { unmarked: key, unmarkedFrom } = parseMembers(record);
  const fromSeconds = typeof unmarkedFrom === 'number' ? unmarkedFrom : undefined;
  return { record, account: toAccount(record), unmarked: typeof key === 'string' ? { key, fromSeconds } : undefined };
}
