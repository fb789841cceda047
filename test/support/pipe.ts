import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A system command. */
const MKFIFO = 'mkfifo';

/** Opens a pipe as a shell does: Node gives a child a socket instead. The caller closes both ends. */
export function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pipe-'));
  try {
    const path = join(folder, 'pipe');
    execFileSync(MKFIFO, [path]);
    // Opening for writing waits for a reader; non-blocking opening for reading does not wait for a writer.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, 'w') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
