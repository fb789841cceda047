import type { RevocationEntry, RevocationStore } from '../store.ts';
import type { SqliteFeed } from './feed.ts';
import type { Reader } from './reader.ts';
import { asText } from './rows.ts';
import type { Writer } from './writer.ts';

/** The revocation set in SQLite: read here, written by the writer thread and heard before that is acknowledged. */
export class SqliteRevocations implements RevocationStore {
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly feed: SqliteFeed;

  constructor(reader: Reader, writer: Writer, feed: SqliteFeed) {
    this.reader = reader;
    this.writer = writer;
    this.feed = feed;
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return await this.reader.read((query) =>
      keys.map((key) => {
        const row = query('SELECT value FROM revocation WHERE key = ?', key)[0];
        return row && asText(row, 'value');
      }),
    );
  }

  async write(entry: RevocationEntry): Promise<void> {
    await this.writer.ask({ kind: 'write-revocation', entry });
    this.feed.hear(entry.key);
  }
}
