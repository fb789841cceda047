import { decodePath, encodePath, readPath } from '../../core/path.ts';
import { quote } from '../../lib/wording.ts';

const NAME = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** What no path holds, or what a server may take for the end of one; and what nobody can see in a file. */
const UNFIT = /[;?#\\\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** What is wrong with a route's path pattern, if anything. Literals are written readable, without percent-encoding. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith('/')) return `a path begins with '/', found ${quote(pattern)}`;
  const unfit = UNFIT.exec(pattern)?.[0];
  if (unfit !== undefined) return `${quote(unfit)} cannot stand in a path: requests that hold it are refused`;
  if (pattern.includes('%')) return encodedProblem(pattern);
  const segments = pattern.slice(1).split('/');
  return segmentsProblem(segments) ?? namesProblem(segments) ?? wholeProblem(segments);
}

/** Written as it arrives, in percent-encoding. */
function encodedProblem(pattern: string): string {
  const readable = readPath(pattern) === undefined ? undefined : decodePath(pattern);
  return readable === undefined || readable.includes('%')
    ? "'%' cannot stand in a path: write it readable, without percent-encoding; encoded separators are refused in requests"
    : `write it readable, without percent-encoding: ${quote(readable)}`;
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '' && !isLast) return "an empty segment ('//') never matches: leave it out";
    if (segment === '**' && !isLast) return "'**' stands for the rest of a path: it can only be the last segment";
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
    return `${quote(segment)}: a part of a segment cannot be matched: write {name} for the whole segment, or ** at the end`;
  if (COLON_NAME.test(segment)) return `${quote(segment)}: write {${segment.slice(1)}} for one segment`;
  if (PART_OF_SEGMENT.test(segment))
    return `${quote(segment)}: a part of a segment cannot be a parameter: write {name} for the whole segment, and ask for the scopes that all of its forms need`;
  return /[{}]/.test(segment)
    ? `${quote(segment)}: a segment is either literal or {name}, with a name of letters, digits and '_'`
    : undefined;
}

function namesProblem(segments: readonly string[]): string | undefined {
  const names = segments.filter((segment) => NAME.test(segment));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `${quote(twice)} stands in it twice`;
}

/** A pattern that no path which is let in could match is a mistake. */
function wholeProblem(segments: readonly string[]): string | undefined {
  const example = segments.map((segment) => (segment === '**' || NAME.test(segment) ? 'x' : segment)).join('/');
  return readPath(encodePath(`/${example}`)) === undefined
    ? "no request has such a path: '.' and '..' segments and over-long paths are refused"
    : undefined;
}
