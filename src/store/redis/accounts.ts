import { accountNameKey } from '../account-name.ts';
import type { Account, AccountStore, RevocationEntry } from '../store.ts';
import { StoreError } from '../store.ts';
import type { Asks, Writing } from './asks.ts';
import type { RedisFeed } from './feed.ts';
import { ACCOUNT_KEYS } from './layout.ts';
import { toAccount } from './records.ts';
import { endOf } from './revocations.ts';

const { records, names, order } = ACCOUNT_KEYS;

/** Accounts in Redis; whose removal is a revocation too, so the feed hears of it. */
export class RedisAccounts implements AccountStore {
  protected readonly writes: Writing;
  private readonly reads: Asks;
  private readonly feed: Pick<RedisFeed, 'hear'>;

  constructor(reads: Asks, writes: Writing, feed: Pick<RedisFeed, 'hear'>) {
    this.reads = reads;
    this.writes = writes;
    this.feed = feed;
  }

  async find(name: string): Promise<Account | undefined> {
    const nameKey = accountNameKey(name);
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
    return await this.writes.ask(
      async (client) => (await client.sallyportListAccounts(records, order)).map((record) => toAccount(record)),
      records,
    );
  }

  async add(account: Account, { onlyFirst = false }: { readonly onlyFirst?: boolean } = {}): Promise<boolean> {
    const nameKey = accountNameKey(account.name);
    const record = JSON.stringify({ ...account, nameKey });
    const first = onlyFirst ? '1' : '0';
    const added = await this.writes.write(
      (client) => client.sallyportAddAccount(records, names, order, account.id, nameKey, record, first),
      records,
    );
    if (added < 0) throw new StoreError(`account id "${account.id}" exists already`);
    return added > 0;
  }

  async remove(id: string, mark: RevocationEntry): Promise<boolean> {
    const removed = await this.writes.write(
      (client) => client.sallyportRemoveAccount(records, names, order, mark.key, id, mark.value, endOf(mark)),
      records,
    );
    if (removed > 0) this.feed.hear(mark);
    return removed > 0;
  }
}

function accountOrNone(record: string | null): Account | undefined {
  return record === null ? undefined : toAccount(record);
}
