import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

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

/**
 * Remembers which file a path named. A connection goes on happily with a file that was deleted or replaced under it,
 * where it hears of no revocation and keeps nothing.
 */
export class FilePlace {
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
