import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { stateFileOf } from './state-file.ts';

/**
 * Creates the file, for its owner only, unless it exists. SQLite gives the `-wal` and `-shm` files the same mode. An
 * existing file is not even opened, because closing it would drop every lock that this process holds on it
 * (https://sqlite.org/howtocorrupt.html, section 2.2). Throws if the path is a directory or its directory does not
 * exist.
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

/** Returns the existing files that prove an earlier store: its state file and the secret of its signing keys. */
function tracesOf(path: string): readonly string[] {
  return [stateFileOf(path), `${path}.seal`].filter((file) => existsSync(file));
}

/**
 * Throws if other users may read or write the store or a file that belongs to it. Also throws if the store is missing
 * although there was one: an empty store would create new signing keys and know no revocations.
 */
export function checkFiles(path: string, isImport: boolean): void {
  for (const suffix of ['', '-wal', '-shm', '.seal', '.state']) refuseShared(`${path}${suffix}`);
  if (!isImport && !existsSync(path)) refuseTraces(path, 'is missing; restore it, with its -wal file if it has one');
}

/** Throws for an empty store if there was one before. */
export function refuseEmpty(path: string): void {
  refuseTraces(path, 'is empty; restore the whole store: it may have been copied without its -wal file');
}

/** Whether the file has content and no log, as after a clean stop. */
export function isWithoutLog(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 && !existsSync(`${path}-wal`);
}

/**
 * Throws for an empty store whose file is not new: an instance that stopped cleanly would have left signing keys in it.
 * For a file without the traces that {@link refuseEmpty} looks for.
 */
export function refuseHollow(path: string): void {
  throw new Error(
    'is empty although it is not new: it may have been copied without its -wal file. Restore the whole store. ' +
      `To start with an empty store and new signing keys, remove "${path}" first`,
  );
}

function refuseTraces(path: string, problem: string): void {
  const traces = tracesOf(path);
  if (traces.length === 0) return;
  const named = traces.map((file) => `"${file}"`).join(' and ');
  throw new Error(`${problem}. To start with an empty store and new signing keys, remove ${named} first`);
}

/** Throws if other users may read the file, which holds password hashes, or write it, which changes what is revoked. */
function refuseShared(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (process.platform === 'win32' || found?.isFile() !== true || (found.mode & 0o066) === 0) return;
  const octal = (found.mode & 0o777).toString(8).padStart(4, '0');
  throw new Error(`other users may read or write "${file}" (mode ${octal}); run: chmod 600 "${file}"`);
}

/**
 * Detects that a path names another file than before. A connection continues to work on a deleted or replaced file, but
 * it sees no revocations of other processes there, and its writes are lost.
 */
export class StoreFile {
  readonly path: string;
  private readonly identity: string;

  constructor(path: string) {
    this.path = path;
    this.identity = identify(path);
  }

  /** Throws if the path now names another file or none. */
  check(): void {
    if (identify(this.path) !== this.identity) {
      throw new Error('the file was moved, deleted or replaced while in use; restore it or restart');
    }
  }
}

/**
 * Identifies the file with its log and index: without these, the next process to open it shares nothing with this one.
 */
function identify(path: string): string {
  return ['', '-wal', '-shm']
    .map((suffix) => statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false }))
    .map((found) => `${found?.dev}:${found?.ino}`)
    .join(' ');
}
