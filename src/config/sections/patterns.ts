import { decodePath, encodePath, readPath } from '../../core/path.ts';
import { quote } from '../../lib/wording.ts';

const NAME = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** Characters that never occur in a path, that a server may treat as its end, or that are invisible in a file. */
const UNFIT = /[;?#\\\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** Returns what is wrong with the path pattern of a route, or `undefined`. Literals are written without percent-encoding. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith('/')) return `a path must begin with '/', found ${quote(pattern)}`;
  const unfit = UNFIT.exec(pattern)?.[0];
  if (unfit !== undefined) return `a path must not contain ${quote(unfit)}: requests that contain it are refused`;
  if (pattern.includes('%')) return encodedProblem(pattern);
  const segments = pattern.slice(1).split('/');
  return segmentsProblem(segments) ?? namesProblem(segments) ?? wholeProblem(segments);
}

/** Words the problem of a pattern with percent-encoding. */
function encodedProblem(pattern: string): string {
  const readable = readPath(pattern) === undefined ? undefined : decodePath(pattern);
  return readable === undefined || readable.includes('%')
    ? "a path must not contain '%': write it without percent-encoding; requests with encoded separators are refused"
    : `write the path without percent-encoding: ${quote(readable)}`;
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '' && !isLast) return "an empty segment ('//') never matches: remove it";
    if (segment === '**' && !isLast) return "'**' matches the rest of a path: it must be the last segment";
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const COLON_NAME = /^:[A-Za-z_]\w*$/;
const PART_OF_SEGMENT = /\{[A-Za-z_][A-Za-z0-9_]*\}/;

function segmentProblem(segment: string): string | undefined {
  if (segment === '**' || NAME.test(segment)) return undefined;
  if (segment === '*') return "'*': write {name} for one segment, or ** at the end";
  if (segment.includes('*'))
    return `${quote(segment)}: a wildcard cannot match part of a segment: write {name} for the whole segment, or ** at the end`;
  if (COLON_NAME.test(segment)) return `${quote(segment)}: write {${segment.slice(1)}} for one segment`;
  if (PART_OF_SEGMENT.test(segment))
    return `${quote(segment)}: a parameter cannot be part of a segment: write {name} for the whole segment, and require the scopes that all of its forms need`;
  return /[{}]/.test(segment)
    ? `${quote(segment)}: a segment is either literal or {name}, with a name of letters, digits and '_'`
    : undefined;
}

function namesProblem(segments: readonly string[]): string | undefined {
  const names = segments.filter((segment) => NAME.test(segment));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `${quote(twice)} occurs twice`;
}

/** Returns a problem if no path that is accepted could match the pattern. */
function wholeProblem(segments: readonly string[]): string | undefined {
  const example = segments.map((segment) => (segment === '**' || NAME.test(segment) ? 'x' : segment)).join('/');
  return readPath(encodePath(`/${example}`)) === undefined
    ? "no request can have this path: '.' and '..' segments and over-long paths are refused"
    : undefined;
}
