import type { DatabaseSync } from 'node:sqlite';
import { storeErrorFrom } from '../database/failure.ts';
import type { StoreFile } from '../database/file.ts';
import { inTransaction } from '../database/transaction.ts';
import type { Answer, Request } from './messages.ts';
import { perform } from './operations.ts';

type CheckedFile = Pick<StoreFile, 'path' | 'check'>;

/** Performs requests in one transaction. They share one wait for the disk, but each can fail separately. */
export function commitTogether(database: DatabaseSync, file: CheckedFile, requests: readonly Request[]): Answer[] {
  try {
    file.check();
    return inTransaction(database, () => requests.map((request) => attempt(database, file, request)));
  } catch (error) {
    return requests.map(({ id }) => ({ id, error: storeErrorFrom(file.path, error) }));
  }
}

function attempt(database: DatabaseSync, file: CheckedFile, { id, operation }: Request): Answer {
  database.exec('SAVEPOINT request');
  try {
    const value = perform(database, operation);
    database.exec('RELEASE request');
    return { id, value };
  } catch (error) {
    // SQLite rolled back the whole transaction, with the other requests.
    if (!database.isTransaction) throw error;
    database.exec('ROLLBACK TO request; RELEASE request');
    return { id, error: storeErrorFrom(file.path, error) };
  }
}
