import type { SealedSigningKey, SigningKeyRing, SigningKeyStore } from '../../signing/signing-key-store.ts';
import { readRing } from '../key-ring-text.ts';
import type { Reader } from './database/reader.ts';
import { asString } from './database/rows.ts';
import type { Writer } from './writer/writer.ts';

/** Sealed signing keys in SQLite. */
export class SqliteSigningKeys implements SigningKeyStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async read(issuer: string): Promise<SigningKeyRing> {
    return await this.reader.read((query) => {
      const [row] = query('SELECT ring FROM signing_keys WHERE issuer = ?', issuer);
      return readRing(row && asString(row, 'ring'));
    });
  }

  async replace(issuer: string, revision: number, keys: readonly SealedSigningKey[]): Promise<boolean> {
    return await this.writer.ask('replaceSigningKeys', issuer, revision, keys);
  }
}
