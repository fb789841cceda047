import { cutPage } from '../page.ts';
import type { TokenEnd, TokenPage, TokenRecord, TokenStore, TrackedToken } from '../store.ts';
import type { Reader } from './reader.ts';
import { toToken } from './records.ts';
import type { Writer } from './writer.ts';

/** Records of issued tokens in SQLite. */
export class SqliteTokens implements TokenStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async add(token: TokenRecord): Promise<void> {
    await this.writer.ask({ kind: 'add-token', token });
  }

  async find(id: string): Promise<TrackedToken | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM token WHERE id = ?', id).map(toToken)[0]);
  }

  async list(accountId: string, limit: number, after?: string): Promise<TokenPage | undefined> {
    const last = after === undefined ? undefined : await this.find(after);
    if (after !== undefined && last?.accountId !== accountId) return undefined;
    const sql = `SELECT * FROM token WHERE account_id = ? AND (created_at, id) < (?, ?)
      ORDER BY created_at DESC, id DESC LIMIT ?`;
    const [createdAt, id] = last === undefined ? [Number.MAX_VALUE, ''] : [last.createdAtSeconds, last.id];
    const found = await this.reader.read((query) => query(sql, accountId, createdAt, id, limit + 1).map(toToken));
    const { shown: tokens, next } = cutPage(found, limit);
    return { tokens, next };
  }

  async rotate(id: string, successor: TokenRecord, inPlaceOf?: string): Promise<boolean> {
    return await this.writer.ask({ kind: 'rotate-token', id, successor, inPlaceOf });
  }

  async end(id: string, end: TokenEnd): Promise<void> {
    await this.writer.ask({ kind: 'end-token', id, end });
  }

  async markUsed(uses: ReadonlyMap<string, number>): Promise<void> {
    if (uses.size > 0) await this.writer.ask({ kind: 'mark-tokens-used', uses });
  }

  async restore(token: TrackedToken): Promise<boolean> {
    return await this.writer.ask({ kind: 'restore-token', token });
  }
}
