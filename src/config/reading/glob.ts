import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, wordFileError } from '../../lib/errors.ts';

/** The paths that a glob matches, sorted; or why that cannot be known. */
export type Expansion =
  | { readonly outcome: 'expanded'; readonly paths: readonly string[] }
  | { readonly outcome: 'failed'; readonly folder: string; readonly why: string };

function isGlob(segment: string): boolean {
  return /[*?]/.test(segment);
}

/**
 * Returns what an absolute glob matches: `*` stands for any characters of one name, `?` for one. As in a shell, neither
 * matches the dot at the beginning of a hidden name, such as the `..data` of a Kubernetes volume. Without a wildcard, the
 * path itself is returned whether or not it exists. A folder that does not exist is a failure if the glob names it, since
 * a mount that is missing must not look like an empty one.
 */
export function expandGlob(glob: string): Expansion {
  let found: readonly string[] = ['/'];
  let isNamed = true;
  for (const segment of glob.split('/').filter((part) => part !== '')) {
    if (isGlob(segment)) {
      const matches = found.map((folder) => matchesIn(folder, segment, isNamed));
      const failed = matches.find((one) => one.outcome === 'failed');
      if (failed !== undefined) return failed;
      found = matches.flatMap((one) => (one.outcome === 'expanded' ? one.paths : []));
      isNamed = false;
    } else {
      const paths = found.map((folder) => join(folder, segment));
      found = isNamed ? paths : paths.filter(exists);
    }
  }
  return { outcome: 'expanded', paths: found.toSorted() };
}

/** @param isNamed whether the glob names the folder, and does not only match it. */
function matchesIn(folder: string, segment: string, isNamed: boolean): Expansion {
  try {
    const pattern = patternOf(segment);
    const names = readdirSync(folder).filter((name) => pattern.test(name));
    return { outcome: 'expanded', paths: names.map((name) => join(folder, name)) };
  } catch (error) {
    const isAbsent = hasCode(error, 'ENOTDIR') || hasCode(error, 'ENOENT');
    if (isAbsent && !isNamed) return { outcome: 'expanded', paths: [] };
    return { outcome: 'failed', folder, why: wordFolderError(error) };
  }
}

function wordFolderError(error: unknown): string {
  if (hasCode(error, 'ENOENT')) return 'no such folder';
  return hasCode(error, 'ENOTDIR') ? 'it is not a folder' : wordFileError(error);
}

/** Also true for a link that leads nowhere, so that its reading fails and says so. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function patternOf(segment: string): RegExp {
  const source = segment
    .replace(/[.+^$()|\\[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${segment.startsWith('.') ? '' : String.raw`(?!\.)`}${source}$`, 's');
}
