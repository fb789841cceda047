import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './failure.ts';
import { ensureFile } from './file.ts';
import { asString } from './rows.ts';
import { migrate } from './schema.ts';

const BUSY_TIMEOUT_MS = 5_000;
const BUSY_RETRY_MS = 10;

/**
 * Opens the file for writing; creates or migrates it if necessary. Blocks while the file is locked, 5 seconds at most.
 */
export function openForWriting(path: string): DatabaseSync {
  ensureFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    migrate(database);
    enterWal(database);
    database.exec('PRAGMA synchronous = FULL');
    // The first read creates the log and its index, which `StoreFile` identifies too.
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Enters WAL mode. Retries, because SQLite does not wait for a lock here and two processes may open a new file at once.
 */
function enterWal(database: DatabaseSync): void {
  const giveUpAtMs = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      const mode = asString(database.prepare('PRAGMA journal_mode = WAL').get(), 'journal_mode');
      if (mode !== 'wal') throw new Error('cannot have a write-ahead log here; put the file on a local disk');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAtMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_RETRY_MS);
    }
  }
}
