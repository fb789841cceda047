import type { Account, AccountChange, AccountVersion } from '../../accounts/account.ts';
import { accountNameKey } from '../../accounts/account.ts';
import type {
  AccountAddition,
  AccountPage,
  AccountRemoval,
  AccountStore,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
} from '../../accounts/account-store.ts';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage } from '../../lib/lists.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { Query, Reader } from './database/reader.ts';
import { asNumber, optional } from './database/rows.ts';
import type { SqliteFeed } from './feed.ts';
import { toAccount } from './records.ts';
import type { Writer } from './writer/writer.ts';

/** Accounts in SQLite. A change that ends an account's tokens also writes a revocation, which goes to the feed. */
export class SqliteAccounts implements AccountStore {
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly feed: SqliteFeed;

  constructor(reader: Reader, writer: Writer, feed: SqliteFeed) {
    this.reader = reader;
    this.writer = writer;
    this.feed = feed;
  }

  async find(nameOrEmail: string): Promise<Account | undefined> {
    const key = accountNameKey(nameOrEmail);
    return await this.reader.read(
      (query) => query('SELECT * FROM account WHERE name_key = ?1 OR email_key = ?1', key).map(toAccount)[0],
    );
  }

  async findById(id: string): Promise<Account | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM account WHERE id = ?', id).map(toAccount)[0]);
  }

  async list(): Promise<readonly Account[]> {
    return await this.reader.read((query) => query('SELECT * FROM account ORDER BY position').map(toAccount));
  }

  async page(limit: number, after?: ListPosition): Promise<AccountPage> {
    const sql = 'SELECT * FROM account WHERE position > ? ORDER BY position LIMIT ?';
    const found = await this.reader.read((query) =>
      query(sql, after === undefined ? -1 : positionBefore(query, after), limit + 1).map(toAccount),
    );
    const { shown: accounts, next } = cutPage(found, limit);
    return { accounts, next };
  }

  async add(account: Account, terms: AddTerms = {}): Promise<AccountAddition> {
    return await this.writer.ask('addAccount', account, terms);
  }

  async update(id: string, change: AccountChange, terms: ChangeTerms = {}): Promise<AccountUpdate> {
    const updated = await this.writer.ask('updateAccount', id, change, terms);
    if (updated.outcome === 'updated' && updated.mark !== undefined) this.feed.report(updated.mark);
    return updated;
  }

  async remove(id: string, mark: RevocationEntry, onlyIf?: AccountVersion): Promise<AccountRemoval> {
    const removed = await this.writer.ask('removeAccount', id, mark, onlyIf);
    if (removed.outcome === 'removed') this.feed.report(mark);
    return removed;
  }
}

/** Returns the `position` after which a page begins. */
function positionBefore(query: Query, { createdAtSeconds, id }: ListPosition): number {
  const existing = query('SELECT position FROM account WHERE id = ?', id)[0];
  if (existing !== undefined) return asNumber(existing, 'position');
  const sql = 'SELECT min(position) AS position FROM account WHERE created_at >= ?';
  const [later] = query(sql, createdAtSeconds);
  const position = later && optional(asNumber, later, 'position');
  return position === undefined ? Number.MAX_SAFE_INTEGER : position - 1;
}
