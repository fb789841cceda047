import { accountNameKey, accountNameKeys, changeAccount } from '../account-name.ts';
import { cutPage } from '../page.ts';
import type {
  Account,
  AccountChange,
  AccountMark,
  AccountPage,
  AccountStore,
  AccountUpdate,
  ListPosition,
  RevocationEntry,
} from '../store.ts';
import { StoreError } from '../store.ts';
import type { Asks, Writing } from './asks.ts';
import type { RedisFeed } from './feed.ts';
import { ACCOUNT_KEYS } from './layout.ts';
import { toAccount } from './records.ts';
import { endOf } from './revocations.ts';

const { records, names, order } = ACCOUNT_KEYS;

/** More accounts than any store holds. */
const ALL = 1_000_000_000;

/** Of a change that others get ahead of. */
const MAX_TRIES = 20;

/** Accounts in Redis; what ends their tokens is a revocation too, so the feed hears of it. */
export class RedisAccounts implements AccountStore {
  protected readonly writes: Writing;
  private readonly reads: Asks;
  private readonly feed: Pick<RedisFeed, 'hear'>;

  constructor(reads: Asks, writes: Writing, feed: Pick<RedisFeed, 'hear'>) {
    this.reads = reads;
    this.writes = writes;
    this.feed = feed;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    const nameKey = accountNameKey(nameOrEmail);
    return await this.reads.ask(
      async (client) => accountOrNone(await client.sallyportFindAccount(records, names, nameKey)),
      records,
    );
  }

  async findById(id: string): Promise<Account | undefined> {
    return await this.reads.ask(async (client) => accountOrNone(await client.hget(records, id)), records);
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

  async add(account: Account, { onlyFirst = false }: { readonly onlyFirst?: boolean } = {}): Promise<boolean> {
    const first = onlyFirst ? '1' : '0';
    const added = await this.writes.write(
      (client) =>
        client.sallyportAddAccount(
          records,
          names,
          order,
          account.id,
          recordOf(account),
          first,
          ...accountNameKeys(account),
        ),
      records,
    );
    if (added < 0) throw new StoreError(`account id "${account.id}" exists already`);
    return added > 0;
  }

  async update(id: string, change: AccountChange, mark?: AccountMark): Promise<AccountUpdate> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const standing = await this.writes.ask((client) => client.hget(records, id), records);
      if (standing === null) return 'missing';
      const record = recordOf(changeAccount(toAccount(standing), change));
      const updated = await this.swap(id, standing, record, mark);
      if (updated !== 0) return updated < 0 ? 'taken' : 'updated';
    }
    throw new StoreError(`account "${id}" is being changed by others all the time; try again`);
  }

  async remove(id: string, mark: RevocationEntry): Promise<boolean> {
    const removed = await this.writes.write(
      (client) => client.sallyportRemoveAccount(records, names, order, mark.key, id, mark.value, endOf(mark)),
      records,
    );
    if (removed > 0) this.feed.hear(mark);
    return removed > 0;
  }

  private async swap(id: string, standing: string, record: string, mark?: AccountMark): Promise<number> {
    if (mark === undefined) {
      return this.writes.write(
        (client) => client.sallyportUpdateAccount(records, names, id, standing, record),
        records,
      );
    }
    const { key, atSeconds } = mark;
    const [updated, value] = await this.writes.write(
      (client) => client.sallyportUpdateMarkedAccount(records, names, key, id, standing, record, atSeconds),
      records,
    );
    if (value !== null) this.feed.hear({ key, value, expiresAtSeconds: undefined });
    return updated;
  }
}

/** With the spellings by which it is found: the scripts read them there. */
function recordOf(account: Account): string {
  const [nameKey, emailKey] = [account.name, account.email].map((name) => name && accountNameKey(name));
  return JSON.stringify({ ...account, nameKey, emailKey });
}

function accountOrNone(record: string | null): Account | undefined {
  return record === null ? undefined : toAccount(record);
}
