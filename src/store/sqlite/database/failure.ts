import { StoreError } from '../../../core/ports.ts';
import { errorMessage } from '../../../lib/errors.ts';

const SQLITE_BUSY = 5;

/** Messages for SQLite errors that do not say what to do. The original error is kept as the cause. */
const EXPLANATIONS: ReadonlyMap<number | undefined, string> = new Map([
  [8, 'cannot be written; let this user write the file and its directory'],
  [14, 'cannot be opened, or its -wal file cannot; let this user write the file and its directory'],
  [26, 'is not an SQLite database; name another file'],
]);

/** Whether the operation failed because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

/**
 * Converts any error into a `StoreError`, whose message names the file, the problem and, if possible, the remedy.
 * Returns a `StoreError` unchanged.
 */
export function storeErrorFrom(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = EXPLANATIONS.get(resultCode(error)) ?? errorMessage(error);
  return new StoreError(`SQLite store "${path}": ${message}`, { cause: error });
}

/** Returns the primary result code, the low byte of an extended one (https://sqlite.org/rescode.html). */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
