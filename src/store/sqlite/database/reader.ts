import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../../core/ports.ts';
import { isBusy, storeErrorFrom } from './failure.ts';
import { StoreFile } from './file.ts';
import type { Row } from './rows.ts';

const BUSY_TRIES = 10;
const BUSY_RETRY_MS = 5;
/** For a connection that no decision waits for. */
const LONG_BUSY_MS = 1_000;

/** Runs one SQL statement and returns all of its rows. */
export type Query = (sql: string, ...parameters: SQLInputValue[]) => Row[];

/** The main thread's connection: it only reads, which takes microseconds, and never waits for a lock. */
export class Reader {
  private readonly place: StoreFile;
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  private readonly query: Query = (sql, ...parameters) => {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement.all(...parameters);
  };

  constructor(path: string) {
    this.place = new StoreFile(path);
    this.database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  }

  /** Reads at once. Throws `StoreError`, also where another process holds a lock at this moment. */
  readNow<Value>(read: (query: Query) => Value): Value {
    try {
      return this.attempt(read);
    } catch (error) {
      throw storeErrorFrom(this.place.path, error);
    }
  }

  /**
   * Reads, and tries again for a short while where a lock is in the way: readers meet one only while another process
   * recovers the file after a crash, or is the last to close it. Rejects with `StoreError`.
   */
  async read<Value>(read: (query: Query) => Value): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.attempt(read);
      } catch (error) {
        if (!isBusy(error) || tries === BUSY_TRIES) throw storeErrorFrom(this.place.path, error);
        await sleep(BUSY_RETRY_MS);
      }
    }
  }

  /** Reads what is too much for one turn, all as of one moment: writers go on meanwhile. Throws `StoreError`. */
  async *readThrough<Value>(read: (database: DatabaseSync) => Iterable<Value>): AsyncIterable<Value> {
    const { path } = this.place;
    const database = await this.read(() => new DatabaseSync(path, { readOnly: true, timeout: LONG_BUSY_MS }));
    try {
      database.exec('BEGIN');
      yield* read(database);
    } catch (error) {
      throw storeErrorFrom(path, error);
    } finally {
      database.close();
    }
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  private attempt<Value>(read: (query: Query) => Value): Value {
    if (!this.database.isOpen) throw new StoreError('the store is closed');
    this.place.check();
    return read(this.query);
  }
}
