import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readImports } from '../../tools/direction.ts';
import { arrowsBetweenPlaces, pictureBlocks, withoutDetours } from '../../tools/picture.ts';

function treeOf(files: Readonly<Record<string, readonly string[]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-picture-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    const up = '../'.repeat(file.split('/').length - 1);
    const lines = imports.map((to, index) => `import type * as it${index} from './${up}${to}';\n`);
    writeFileSync(join(root, file), `${lines.join('')}export {};\n`);
  }
  return root;
}

const FILES = {
  'src/main.ts': ['src/cli/a.ts'],
  'src/cli/a.ts': ['src/tokens/a.ts', 'src/tokens/inside/b.ts', 'src/core/a.ts'],
  'src/tokens/a.ts': ['src/tokens/inside/b.ts'],
  'src/tokens/inside/b.ts': ['src/core/a.ts'],
  'src/tokens/a.spec.ts': ['src/cli/a.ts'],
  'src/core/a.ts': [],
};

describe('the picture of the imports', () => {
  it('has an arrow between two places where a module of the one imports the other, and none for specs', async () => {
    const arrows = arrowsBetweenPlaces(await readImports(treeOf(FILES)));
    expect(Object.fromEntries(Array.from(arrows, ([from, to]) => [from, [...to].toSorted()]))).toEqual({
      main: ['cli'],
      cli: ['core', 'tokens'],
      tokens: ['core'],
      core: [],
    });
  });

  it('leaves out the arrows that a longer way implies', () => {
    const arrows = new Map([
      ['a', new Set(['b', 'c', 'd'])],
      ['b', new Set(['c'])],
      ['c', new Set(['d'])],
      ['d', new Set<string>()],
    ]);
    expect(Array.from(withoutDetours(arrows), ([from, to]) => `${from}: ${[...to].join()}`)).toEqual([
      'a: b',
      'b: c',
      'c: d',
      'd: ',
    ]);
  });

  it('is drawn with the figures of the tree', async () => {
    const root = treeOf(FILES);
    const blocks = pictureBlocks(await readImports(root), root);
    expect(blocks.get('imports')).toContain('  cli --> tokens\n');
    expect(blocks.get('imports')).not.toContain('cli --> core');
    expect(blocks.get('figures')).toContain('| modules without specs | at most 50 |');
    expect(blocks.get('figures')).toContain('| most files in a folder | 1 |');
  });
});
