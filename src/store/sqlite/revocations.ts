import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationReading, RevocationStore } from '../../revocation-set/revocation-store.ts';
import type { Query, Reader } from './database/reader.ts';
import { asString } from './database/rows.ts';
import { readEpoch } from './epochs.ts';
import type { SqliteFeed } from './feed.ts';
import { toEntry } from './records.ts';
import type { Writer } from './writer/writer.ts';

/** The revocation set in SQLite. The writer thread writes; the feed reports a write before it is acknowledged. */
export class SqliteRevocations implements RevocationStore {
  private readonly reader: Reader;
  private readonly writer: Writer;
  private readonly feed: SqliteFeed;

  constructor(reader: Reader, writer: Writer, feed: SqliteFeed) {
    this.reader = reader;
    this.writer = writer;
    this.feed = feed;
  }

  async read(keys: readonly string[]): Promise<RevocationReading> {
    if (keys.length === 0) return { values: [], epochs: [] };
    return await this.reader.read((query) => readTogether(query, keys));
  }

  readAtOnce(keys: readonly string[]): RevocationReading {
    return this.reader.readNow((query) => readTogether(query, keys));
  }

  async readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]> {
    return await this.reader.read((query) =>
      keys.map((key) => {
        const row = query('SELECT key, value, expires_at FROM revocation WHERE key = ?', key)[0];
        return row && toEntry(row);
      }),
    );
  }

  async write(entry: RevocationEntry): Promise<void> {
    await this.writer.ask('writeRevocation', entry);
    this.feed.report(entry);
  }

  async restore(entry: RevocationEntry): Promise<void> {
    await this.writer.ask('restoreRevocation', entry);
  }

  async undo(expected: string, undone: RevocationEntry): Promise<boolean> {
    const done = await this.writer.ask('undoRevocation', expected, undone);
    if (done) this.feed.report(undone);
    return done;
  }
}

function readTogether(query: Query, keys: readonly string[]): RevocationReading {
  const values = readValues(query, keys);
  return { values, epochs: [...readEpoch(query)] };
}

function readValues(query: Query, keys: readonly string[]): (string | undefined)[] {
  return keys.map((key) => {
    const row = query('SELECT value FROM revocation WHERE key = ?', key)[0];
    return row && asString(row, 'value');
  });
}
