import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A command of the system's. */
const MKFIFO = 'mkfifo';

/** A pipe as a shell makes it; what Node makes for a child is a socket. Whoever opens it closes both ends. */
export function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pipe-'));
  try {
    const path = join(folder, 'pipe');
    execFileSync(MKFIFO, [path]);
    // An open for writing waits for a reader, one for reading that does not block does not wait for a writer.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, 'w') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
