import type { SQLInputValue } from 'node:sqlite';
import type { ListPosition } from '../../lib/lists.ts';
import { cutPage, positionOf } from '../../lib/lists.ts';
import type {
  RefreshAdvance,
  RefreshStep,
  Rotation,
  RotationTerms,
  TokenEnd,
  TokenFilter,
  TokenPage,
  TokenRecord,
  TokenStore,
  TrackedToken,
} from '../../tokens/token.ts';
import type { Reader } from './database/reader.ts';
import { toToken } from './records.ts';
import type { Writer } from './writer/writer.ts';

const NEWEST: ListPosition = { createdAtSeconds: Number.MAX_VALUE, id: '' };

/** How many tokens one filtered list examines at most: a few milliseconds, which block the event loop. */
const EXAMINED = 5_000;

const OLDER = `SELECT * FROM token WHERE account_id = ? AND (created_at, id) < (?, ?)
  ORDER BY created_at DESC, id DESC`;

/** Examines the covering index; reads only the rows that match. */
const MATCHING = `WITH seen AS MATERIALIZED (
    SELECT id, use, expires_at FROM token WHERE account_id = ? AND (created_at, id) < (?, ?)
    ORDER BY created_at DESC, id DESC LIMIT ?)
  SELECT token.* FROM seen JOIN token ON token.id = seen.id
  WHERE seen.use IN (SELECT value FROM json_each(?)) AND seen.expires_at > ?
  ORDER BY token.created_at DESC, token.id DESC LIMIT ?`;

/** Records of issued tokens in SQLite. */
export class SqliteTokens implements TokenStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async add(token: TokenRecord, accountVersion: number): Promise<boolean> {
    return await this.writer.ask('addToken', token, accountVersion);
  }

  async find(id: string): Promise<TrackedToken | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM token WHERE id = ?', id).map(toToken)[0]);
  }

  async findByKey(keyHash: string): Promise<TrackedToken | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM token WHERE key_hash = ?', keyHash).map(toToken)[0]);
  }

  async list(accountId: string, limit: number, after: ListPosition = NEWEST, filter?: TokenFilter): Promise<TokenPage> {
    const start = [accountId, after.createdAtSeconds, after.id] as const;
    if (filter === undefined) return pageOf(await this.read(`${OLDER} LIMIT ?`, ...start, limit + 1), limit);
    const { uses, expireAfterSeconds } = filter;
    const matching = [JSON.stringify(uses), expireAfterSeconds, limit + 1] as const;
    const page = pageOf(await this.read(MATCHING, ...start, EXAMINED, ...matching), limit);
    if (page.next !== undefined) return page;
    const [last] = await this.read(`${OLDER} LIMIT 1 OFFSET ?`, ...start, EXAMINED - 1);
    return { tokens: page.tokens, next: positionOf(last) };
  }

  async rotate(
    id: string,
    successor: TokenRecord,
    accountVersion: number,
    terms: RotationTerms = {},
  ): Promise<Rotation> {
    return await this.writer.ask('rotateToken', id, successor, accountVersion, terms);
  }

  async advance(step: RefreshStep, accountVersion: number): Promise<RefreshAdvance> {
    return await this.writer.ask('advanceToken', step, accountVersion);
  }

  async end(id: string, end: TokenEnd): Promise<void> {
    await this.writer.ask('endToken', id, end);
  }

  async forgetEnd(id: string): Promise<void> {
    await this.writer.ask('forgetTokenEnd', id);
  }

  async markUsed(uses: ReadonlyMap<string, number>): Promise<void> {
    if (uses.size > 0) await this.writer.ask('markTokensUsed', uses);
  }

  async restore(token: TrackedToken): Promise<boolean> {
    return await this.writer.ask('restoreToken', token);
  }

  private read(sql: string, ...parameters: SQLInputValue[]): Promise<TrackedToken[]> {
    return this.reader.read((query) => query(sql, ...parameters).map(toToken));
  }
}

function pageOf(found: readonly TrackedToken[], limit: number): TokenPage {
  const { shown: tokens, next } = cutPage(found, limit);
  return { tokens, next };
}
