import type { DatabaseSync } from 'node:sqlite';
import { storeErrorFrom } from '../database/failure.ts';
import type { StoreFile } from '../database/file.ts';
import { inTransaction } from '../database/transaction.ts';
import type { Answer, Request } from './messages.ts';
import { perform } from './operations.ts';

type Place = Pick<StoreFile, 'path' | 'check'>;

/** Carries out requests in one transaction: they share the wait for the disk, but each fails by itself. */
export function commitTogether(database: DatabaseSync, place: Place, requests: readonly Request[]): Answer[] {
  try {
    place.check();
    return inTransaction(database, () => requests.map((request) => attempt(database, place, request)));
  } catch (error) {
    return requests.map(({ id }) => ({ id, error: storeErrorFrom(place.path, error) }));
  }
}

function attempt(database: DatabaseSync, place: Place, { id, operation }: Request): Answer {
  database.exec('SAVEPOINT request');
  try {
    const value = perform(database, operation);
    database.exec('RELEASE request');
    return { id, value };
  } catch (error) {
    // Where SQLite has rolled the whole transaction back, nothing of the others is left either.
    if (!database.isTransaction) throw error;
    database.exec('ROLLBACK TO request; RELEASE request');
    return { id, error: storeErrorFrom(place.path, error) };
  }
}
