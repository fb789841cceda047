import type { BasicUse, BasicUseStore } from '../../verification/basic/basic-use.ts';
import { dayOf } from '../../verification/basic/basic-use.ts';
import type { Reader } from './database/reader.ts';
import { toBasicUse } from './records.ts';
import type { Writer } from './writer/writer.ts';

const SINCE = `SELECT account_id, route, reason, sum(count) AS count, max(last_at) AS last_at FROM basic_use
  WHERE day >= ? GROUP BY account_id, route, reason`;

/** Counts of Basic authentication on routes, in SQLite; one row per day. */
export class SqliteBasicUses implements BasicUseStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async add(uses: readonly BasicUse[]): Promise<void> {
    await this.writer.ask('addBasicUses', uses);
  }

  async read(sinceSeconds: number): Promise<readonly BasicUse[]> {
    return await this.reader.read((query) => query(SINCE, dayOf(sinceSeconds)).map(toBasicUse));
  }
}
