/** What the path patterns of two routes have to do with each other, as the route map reads them. */

/** Returns the segments of a pattern; the last one of `/a/` is empty. */
export function segmentsOf(pattern: string): readonly string[] {
  return pattern.slice(1).split('/');
}

function isParam(segment: string): boolean {
  return segment.startsWith('{');
}

/** Whether some path matches both patterns. */
export function overlaps(one: string, other: string): boolean {
  if (differsInLiteral(one, other)) return false;
  const [left, right] = [segmentsOf(one), segmentsOf(other)];
  for (let index = 0; ; index++) {
    const [a, b] = [left[index], right[index]];
    if (a === '**' || b === '**' || (a === undefined && b === undefined)) return true;
    if (a === undefined || b === undefined) return false;
    const isShared = a === b || (isParam(a) && b !== '') || (isParam(b) && a !== '');
    if (!isShared) return false;
  }
}

/** Whether the first difference of two patterns is within literals. Cheap, because most pairs of a large map differ so. */
function differsInLiteral(one: string, other: string): boolean {
  const end = Math.min(one.length, other.length);
  let index = 0;
  let start = 0;
  while (index < end && one.charCodeAt(index) === other.charCodeAt(index)) {
    if (one[index] === '/') start = index + 1;
    index += 1;
  }
  return index < end && isLiteralAt(one, start) && isLiteralAt(other, start);
}

function isLiteralAt(pattern: string, start: number): boolean {
  const first = pattern[start];
  return first !== '{' && first !== '*';
}

/** Whether `wide` matches every path that `narrow` matches. */
export function contains(wide: string, narrow: string): boolean {
  const [left, right] = [segmentsOf(wide), segmentsOf(narrow)];
  for (let index = 0; ; index++) {
    const [a, b] = [left[index], right[index]];
    if (a === '**') return true;
    if (a === undefined || b === undefined) return a === b;
    if (a === b) continue;
    if (!isParam(a) || b === '' || b === '**') return false;
  }
}

/**
 * Compares two patterns that overlap: negative if `one` decides the paths that both match, positive if `other` does, 0 if
 * they are the same apart from the names of parameters. The first segment that differs determines it.
 */
export function comparePatterns(one: string, other: string): number {
  const [left, right] = [segmentsOf(one), segmentsOf(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = rankOf(left[index]) - rankOf(right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A pattern that ends is as specific as a literal. */
function rankOf(segment: string | undefined): number {
  if (segment === '**') return 2;
  return segment !== undefined && isParam(segment) ? 1 : 0;
}

/** Returns the pattern without the names of its parameters: two patterns of one shape match the same paths. */
export function shapeOf(pattern: string): string {
  return pattern.replace(/\{[^}/]*\}/g, '{}');
}
