import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { unpackWheel } from '../../tools/python.ts';

const LISTS = new URL('../../tools/wheels/', import.meta.url);
const REQUIREMENT = /^[\w-]+==[\w.]+(?: ;[^\\]+)?(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+$/;

it('every fetched wheel is pinned by its hash', async () => {
  for (const name of await readdir(LISTS)) {
    const text = await readFile(new URL(name, LISTS), 'utf8');
    for (const requirement of text.trim().split(/\n(?! )/)) expect(requirement, name).toMatch(REQUIREMENT);
  }
});

it('a wheel with another hash is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-wheels-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const list = join(folder, 'list.txt');
  await writeFile(list, `idna==3.20 --hash=sha256:${'0'.repeat(64)}\n`);
  const fetched = join(folder, 'fetched');
  await expect(unpackWheel(pathToFileURL(list), fetched)).rejects.toThrow('DO NOT MATCH THE HASHES');
  expect(await readdir(fetched).catch(() => [])).toEqual([]);
});
