import type { TokenRecord, TokenStore } from '../store.ts';
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

  async find(id: string): Promise<TokenRecord | undefined> {
    return await this.reader.read((query) => query('SELECT * FROM token WHERE id = ?', id).map(toToken)[0]);
  }
}
