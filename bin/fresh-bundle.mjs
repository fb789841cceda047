import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where `npm run bundle` puts the bundle. npm removes it when it installs anew. */
export const BUNDLE = join(ROOT, 'node_modules/.cache/sallyport-bundle');

/** The list of what is in a bundle, in its folder. */
export const MANIFEST = 'manifest.json';

/**
 * The path of the program in a bundle; `undefined` if there is none, or if a source has changed since. Takes some
 * milliseconds.
 */
export function freshBundle(folder = BUNDLE, root = ROOT) {
  try {
    for (const [file, size, mtimeMs] of JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))) {
      const found = statSync(join(root, file));
      if (found.size !== size || found.mtimeMs !== mtimeMs) return undefined;
    }
    return join(folder, 'main.mjs');
  } catch {
    return undefined;
  }
}
