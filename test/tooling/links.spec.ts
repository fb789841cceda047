import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenLinks } from '../../tools/links.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('brokenLinks()', () => {
  it('finds none in the pages of this project', () => {
    expect(brokenLinks(ROOT)).toEqual([]);
  });

  it('names a link to a missing file, to a missing heading, and out of the tree', () => {
    const root = mkdtempSync(join(tmpdir(), 'sallyport-links-'));
    mkdirSync(join(root, 'docs'));
    writeFileSync(
      join(root, 'README.md'),
      '[a](docs/a.md#two-words) [b](docs/b.md) [c](docs/a.md#three) [d](../x.md)\n',
    );
    writeFileSync(
      join(root, 'docs/a.md'),
      '## Two words\n\n[web](https://example.com) `[code](nowhere.md)` [up](../README.md)\n',
    );
    expect(brokenLinks(root)).toEqual(['README.md: docs/b.md', 'README.md: docs/a.md#three', 'README.md: ../x.md']);
  });

  it('reports a tree without pages', () => {
    expect(brokenLinks(mkdtempSync(join(tmpdir(), 'sallyport-links-')))).toEqual(['found no page']);
  });
});
