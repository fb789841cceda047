import { accountNameKey } from '../account-name.ts';
import type { Account, AccountStore, RevocationEntry } from '../store.ts';
import type { SqliteFeed } from './feed.ts';
import type { Reader } from './reader.ts';
import { toAccount } from './records.ts';
import type { Writer } from './writer.ts';

/** Accounts in SQLite; whose removal is a revocation too, so the feed hears of it. */
export class SqliteAccounts implements AccountStore {
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly feed: SqliteFeed;

  constructor(reader: Reader, writer: Writer, feed: SqliteFeed) {
    this.reader = reader;
    this.writer = writer;
    this.feed = feed;
  }

  async find(name: string): Promise<Account | undefined> {
    const nameKey = accountNameKey(name);
    return await this.reader.read(
      (query) => query('SELECT * FROM account WHERE name_key = ?', nameKey).map(toAccount)[0],
    );
  }

  async findById(id: string): Promise<Account | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM account WHERE id = ?', id).map(toAccount)[0]);
  }

  async list(): Promise<readonly Account[]> {
    return await this.reader.read((query) => query('SELECT * FROM account ORDER BY position').map(toAccount));
  }

  async add(account: Account, options: { readonly onlyFirst?: boolean } = {}): Promise<boolean> {
    return await this.writer.ask({ kind: 'add-account', account, onlyFirst: options.onlyFirst === true });
  }

  async remove(id: string, mark: RevocationEntry): Promise<boolean> {
    const removed = await this.writer.ask({ kind: 'remove-account', id, mark });
    if (removed) this.feed.hear(mark);
    return removed;
  }
}
