import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url));

/**
 * The folder `.cache/<name>`, filled by `fill` where it is not there yet. It appears whole or not at all, so a second
 * process may do the same at the same time: the first to finish wins, and the other's work is thrown away.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = CACHE + name;
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}.${process.hrtime.bigint()}`;
  try {
    await mkdir(draft, { recursive: true });
    await fill(draft);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
