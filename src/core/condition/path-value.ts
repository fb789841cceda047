import { decodePath } from '../path.ts';

/**
 * The percent-decoded segment of a path that a condition compares; `undefined` if there is none, or if an upstream could
 * read another value: it has a literal `+`, which some servers decode as a space, or it is not in Unicode's composed form
 * (NFC), which some servers normalise.
 *
 * @param path as `readPath` returned it: it has no encoded separators, and decoding it twice changes nothing.
 * @param index of the segment, from 0.
 */
export function pathValueAt(path: string, index: number): string | undefined {
  const segment = segmentAt(path, index);
  if (segment === undefined || segment === '' || segment.includes('+')) return undefined;
  if (!segment.includes('%')) return segment;
  const decoded = decodePath(segment);
  return decoded !== undefined && decoded.normalize('NFC') === decoded ? decoded : undefined;
}

function segmentAt(path: string, index: number): string | undefined {
  let start = 1;
  for (let passed = 0; passed < index; passed++) {
    const slash = path.indexOf('/', start);
    if (slash < 0) return undefined;
    start = slash + 1;
  }
  const end = path.indexOf('/', start);
  return end < 0 ? path.slice(start) : path.slice(start, end);
}
