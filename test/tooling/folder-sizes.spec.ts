import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { oversizedFolders } from '../../tools/folder-sizes.ts';

/** A tree with folders of so many files, each beside its spec. */
function treeOf(folders: Readonly<Record<string, number>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-folders-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [folder, files] of Object.entries(folders)) {
    mkdirSync(join(root, folder), { recursive: true });
    for (let index = 0; index < files; index++) {
      writeFileSync(join(root, folder, `file-${index}.ts`), '');
      writeFileSync(join(root, folder, `file-${index}.spec.ts`), '');
    }
  }
  return root;
}

describe('oversizedFolders()', () => {
  it('finds none in this project', () => {
    expect(oversizedFolders(fileURLToPath(new URL('../..', import.meta.url)))).toEqual([]);
  });

  it('accepts twenty files on one level, and does not count specs or folders inside', () => {
    expect(oversizedFolders(treeOf({ src: 20, 'src/inside': 20, 'test/support': 1 }))).toEqual([]);
  });

  it('names a folder with more, at every depth', () => {
    const root = treeOf({ 'src/a/b': 21, 'test/support/c': 25 });
    expect(oversizedFolders(root)).toEqual([
      'src/a/b has 21 files (specs not counted), more than 20: split it',
      'test/support/c has 25 files (specs not counted), more than 20: split it',
    ]);
  });

  it('reports a tree without files', () => {
    expect(oversizedFolders(treeOf({ src: 1, 'test/support': 0 }))).toEqual(['found no file in test/support']);
  });
});
