import { createHash } from 'node:crypto';
import type { StoreContents } from '../store.ts';
import type { Counts, Header } from './format.ts';
import { FORMAT, noCounts, VERSION } from './format.ts';

/**
 * Writes a copy of a store line by line; resolves to its counts. The copy includes secrets, such as password hashes.
 */
export async function writeCopy(
  contents: StoreContents,
  about: Omit<Header, 'format' | 'version'>,
  write: (text: string) => Promise<unknown> | void,
): Promise<Counts> {
  const counts = noCounts();
  const hash = createHash('sha256');
  const writeLine = async (line: object): Promise<void> => {
    const written = `${JSON.stringify(line)}\n`;
    hash.update(written);
    await write(written);
  };
  await writeLine({ format: FORMAT, version: VERSION, ...about });
  for await (const { kind, record } of contents.read()) {
    counts[kind] += 1;
    await writeLine({ kind, record });
  }
  await write(`${JSON.stringify({ kind: 'end', counts, sha256: hash.digest('hex') })}\n`);
  return counts;
}
