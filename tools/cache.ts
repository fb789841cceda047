import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url));

/**
 * Resolves to the folder `.cache/<name>`, which `fill` fills if it does not exist. The folder appears complete or not at
 * all, so two processes may fill it at the same time: the first to finish wins, and the other's work is discarded.
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
