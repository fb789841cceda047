import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` in one write transaction: all of it is committed, or nothing and the error is thrown on. */
export function inTransaction<Value>(database: DatabaseSync, work: () => Value): Value {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    // SQLite itself rolls back on some errors, a full disk for one.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
