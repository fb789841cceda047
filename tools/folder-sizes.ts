import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Maximum files in a folder on one level, without specs. A folder with more contains a second noun. */
const MOST_FILES = 20;
const TREES = ['src', 'test/support'];

/** Returns how many files, without specs, each folder below `tree` contains on its own level. */
export function folderSizes(root: string, tree: string): ReadonlyMap<string, number> {
  const entries = readdirSync(join(root, tree), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'));
  const folders = files
    .map(({ parentPath }) => parentPath.slice(join(root, '/').length))
    .filter((folder) => !folder.split('/').includes('node_modules'));
  return new Map([...Map.groupBy(folders, (folder) => folder)].map(([folder, { length }]) => [folder, length]));
}

/** Returns one line for each folder with too many files, and for a tree without files. */
export function oversizedFolders(root: string): string[] {
  return TREES.flatMap((tree) => {
    const sizes = folderSizes(root, tree);
    if (sizes.size === 0) return [`found no file in ${tree}`];
    return Array.from(sizes)
      .filter(([, size]) => size > MOST_FILES)
      .map(([folder, size]) => `${folder} has ${size} files (specs not counted), more than ${MOST_FILES}: split it`);
  });
}
