import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { stateFileOf } from './state-file.ts';

/**
 * Makes sure that there is a file, created for its owner only; SQLite gives the `-wal` and `-shm` beside it the same
 * mode. A file that exists is not even opened: closing it would drop every lock that this process holds on it
 * (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
export function ensureFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT')
      throw new Error(`the directory "${dirname(path)}" does not exist; create it`, { cause: error });
    if (code !== 'EEXIST') throw error;
    if (statSync(path).isDirectory()) throw new Error('is a directory; name a file in it', { cause: error });
  }
}

/** What tells that there was a store: what was known of it, and the secret that opens its signing keys. */
function tracesOf(path: string): readonly string[] {
  return [stateFileOf(path), `${path}.seal`].filter((file) => existsSync(file));
}

/**
 * Throws where others may read or write the store or what lies beside it, and where the store is missing although there
 * was one: to start empty would make new signing keys, and know of no revocation.
 */
export function checkFiles(path: string, isImport: boolean): void {
  for (const suffix of ['', '-wal', '-shm', '.seal', '.state']) refuseShared(`${path}${suffix}`);
  if (!isImport && !existsSync(path))
    refuseTraces(path, 'is missing; put it back, with its -wal file where it has one');
}

/** Throws where the store holds nothing although there was one. */
export function refuseEmpty(path: string): void {
  refuseTraces(path, 'is empty; put the whole store back: it may have been copied without its -wal file');
}

/** Whether there is a file that something was written to, without a log beside it, as a clean stop leaves it. */
export function isWithoutLog(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 && !existsSync(`${path}-wal`);
}

/**
 * Throws where nothing lies beside the store that tells of an earlier one, and it holds nothing although it is not new: an
 * instance that stopped cleanly has left its signing keys in it.
 */
export function refuseHollow(path: string): void {
  throw new Error(
    'holds nothing although it is not new: it may have been copied without its -wal file. Put the whole store back. ' +
      `To start with an empty store and new signing keys, remove "${path}" first`,
  );
}

function refuseTraces(path: string, problem: string): void {
  const traces = tracesOf(path);
  if (traces.length === 0) return;
  const named = traces.map((file) => `"${file}"`).join(' and ');
  throw new Error(`${problem}. To start with an empty store and new signing keys, remove ${named} first`);
}

/** Whoever reads the store has the hashes of passwords; whoever writes it decides what is revoked. */
function refuseShared(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (process.platform === 'win32' || found?.isFile() !== true || (found.mode & 0o066) === 0) return;
  const octal = (found.mode & 0o777).toString(8).padStart(4, '0');
  throw new Error(`other users may read or write "${file}" (mode ${octal}); run: chmod 600 "${file}"`);
}

/**
 * Remembers which file a path named. A connection goes on happily with a file that was deleted or replaced under it,
 * where it hears of no revocation and keeps nothing.
 */
export class StoreFile {
  readonly path: string;
  private readonly identity: string;

  constructor(path: string) {
    this.path = path;
    this.identity = identify(path);
  }

  /** Throws where the path names another file by now, or none. */
  check(): void {
    if (identify(this.path) !== this.identity) {
      throw new Error('the file was moved, deleted or replaced while in use; put it back or restart');
    }
  }
}

/** With the log and its index beside it: without them, who opens the file next shares nothing with us. */
function identify(path: string): string {
  return ['', '-wal', '-shm']
    .map((suffix) => statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false }))
    .map((found) => `${found?.dev}:${found?.ino}`)
    .join(' ');
}
