import type { SealedSigningKey, SigningKeyStore } from '../store.ts';
import type { Reader } from './reader.ts';
import { toSigningKey } from './records.ts';
import type { Writer } from './writer.ts';

/** Sealed signing keys in SQLite. */
export class SqliteSigningKeys implements SigningKeyStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async list(issuer: string): Promise<readonly SealedSigningKey[]> {
    const sql = 'SELECT * FROM signing_key WHERE issuer = ? ORDER BY created_at, position';
    return await this.reader.read((query) => query(sql, issuer).map(toSigningKey));
  }

  async addFirst(key: SealedSigningKey): Promise<boolean> {
    return await this.writer.ask({ kind: 'add-first-signing-key', key });
  }
}
