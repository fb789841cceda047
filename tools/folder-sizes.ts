import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** How many files a folder may hold on one level, specs aside. A folder that passes it holds a second noun. */
const MOST_FILES = 20;
const TREES = ['src', 'test/support'];

/** How many files that are no specs each folder below `tree` holds on its own level. */
export function folderSizes(root: string, tree: string): ReadonlyMap<string, number> {
  const entries = readdirSync(join(root, tree), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'));
  const folders = files.map(({ parentPath }) => parentPath.slice(join(root, '/').length));
  return new Map([...Map.groupBy(folders, (folder) => folder)].map(([folder, { length }]) => [folder, length]));
}

/** One line for each folder with too many files, and for a tree in which none was seen. */
export function oversizedFolders(root: string): string[] {
  return TREES.flatMap((tree) => {
    const sizes = folderSizes(root, tree);
    if (sizes.size === 0) return [`saw no file in ${tree}`];
    return Array.from(sizes)
      .filter(([, size]) => size > MOST_FILES)
      .map(([folder, size]) => `${folder} holds ${size} files that are no specs, more than ${MOST_FILES}: split it`);
  });
}
