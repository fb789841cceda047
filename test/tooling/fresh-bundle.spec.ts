import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { freshBundle, MANIFEST } from '../../bin/fresh-bundle.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-fresh-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.ts'), 'export const a = 1;');
  const { size, mtimeMs } = statSync(join(folder, 'a.ts'));
  writeFileSync(join(folder, MANIFEST), JSON.stringify([['a.ts', size, mtimeMs]]));
});

it('a bundle is used while its sources are those that it was made of', () => {
  expect(freshBundle(folder, folder)).toBe(join(folder, 'main.mjs'));
});

it.each([
  ['has another size', () => writeFileSync(join(folder, 'a.ts'), 'export const a = 10;')],
  ['was written again', () => utimesSync(join(folder, 'a.ts'), 1, 1)],
  ['is gone', () => rmSync(join(folder, 'a.ts'))],
])('a bundle is not used if a source %s', (_what, change) => {
  change();
  expect(freshBundle(folder, folder)).toBeUndefined();
});

it('there is no bundle without its list of sources', () => {
  rmSync(join(folder, MANIFEST));
  expect(freshBundle(folder, folder)).toBeUndefined();
});
