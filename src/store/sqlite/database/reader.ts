import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../../core/ports.ts';
import { isBusy, storeErrorFrom } from './failure.ts';
import { StoreFile } from './file.ts';
import type { Row } from './rows.ts';

const BUSY_TRIES = 10;
const BUSY_RETRY_MS = 5;
/** The time limit for a lock on a connection that no decision waits for. */
const LONG_BUSY_MS = 1_000;

/** Runs one SQL statement and returns all of its rows. */
export type Query = (sql: string, ...parameters: SQLInputValue[]) => Row[];

/** The read-only connection of the main thread. Reads take microseconds and never block on a lock. */
export class Reader {
  private readonly file: StoreFile;
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
    this.file = new StoreFile(path);
    this.database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  }

  /** Reads once. Throws `StoreError`, also if another process holds a lock. */
  readNow<Value>(read: (query: Query) => Value): Value {
    try {
      return this.attempt(read);
    } catch (error) {
      throw storeErrorFrom(this.file.path, error);
    }
  }

  /**
   * Reads, and retries for about 50 ms while the file is locked: readers meet a lock only while another process
   * recovers the file after a crash, or is the last one to close it. Rejects with `StoreError`.
   */
  async read<Value>(read: (query: Query) => Value): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.attempt(read);
      } catch (error) {
        if (!isBusy(error) || tries === BUSY_TRIES) throw storeErrorFrom(this.file.path, error);
        await sleep(BUSY_RETRY_MS);
      }
    }
  }

  /** Reads a snapshot that is too large for one turn of the event loop; writers continue. Throws `StoreError`. */
  async *readThrough<Value>(read: (database: DatabaseSync) => Iterable<Value>): AsyncIterable<Value> {
    const { path } = this.file;
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
    this.file.check();
    return read(this.query);
  }
}
