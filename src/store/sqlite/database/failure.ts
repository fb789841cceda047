import { StoreError } from '../../../core/ports.ts';

const SQLITE_BUSY = 5;

/** What SQLite says too shortly for somebody to act on; its own words stay in the cause. */
const EXPLANATIONS: ReadonlyMap<number | undefined, string> = new Map([
  [8, 'cannot be written; let this user write the file and its directory'],
  [14, 'cannot be opened, or the log beside it cannot; let this user write the file and its directory'],
  [26, 'is not an SQLite database; name another file'],
]);

/** Whether another connection's lock stood in the way. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

/**
 * What went wrong inside, SQLite's errors and ours, as the one error that the store's callers know: which file, what
 * happened and, where there is something, what to do.
 */
export function storeErrorFrom(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = EXPLANATIONS.get(resultCode(error)) ?? (error instanceof Error ? error.message : String(error));
  return new StoreError(`SQLite store "${path}": ${message}`, { cause: error });
}

/** The primary result code: the low byte of an extended one (https://sqlite.org/rescode.html). */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
