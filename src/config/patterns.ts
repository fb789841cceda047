import { readPath } from '../core/path.ts';
import { quote } from './wording.ts';

const NAME = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** What a request's path never holds, or holds in more than one spelling. */
const UNFIT = /[^\x21-\x7e]|[%;?#\\]/;

/** What is wrong with a route's path pattern, if anything. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith('/')) return `a path begins with '/', found ${quote(pattern)}`;
  const unfit = UNFIT.exec(pattern)?.[0];
  if (unfit !== undefined)
    return `${quote(unfit)} cannot stand in a path: write it as it arrives, without encoding and query`;
  const segments = pattern.slice(1).split('/');
  return segmentsProblem(segments) ?? namesProblem(segments) ?? wholeProblem(segments);
}

function segmentsProblem(segments: readonly string[]): string | undefined {
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '' && !isLast) return "an empty segment ('//') never matches: leave it out";
    if (segment === '**' && !isLast) return "'**' stands for the rest of a path: it can only be the last segment";
    if (segment.includes('*') && segment !== '**')
      return `${quote(segment)}: write {name} for one segment, or ** at the end`;
    if (/[{}]/.test(segment) && !NAME.test(segment)) {
      return `${quote(segment)}: a segment is either literal or {name}, with a name of letters, digits and '_'`;
    }
  }
  return undefined;
}

function namesProblem(segments: readonly string[]): string | undefined {
  const names = segments.filter((segment) => NAME.test(segment));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `${quote(twice)} stands in it twice`;
}

/** A pattern that no path which is let in could match is a mistake. */
function wholeProblem(segments: readonly string[]): string | undefined {
  const example = segments.map((segment) => (segment === '**' || NAME.test(segment) ? 'x' : segment)).join('/');
  return readPath(`/${example}`) === undefined
    ? "no request has such a path: '.' and '..' segments and over-long paths are refused"
    : undefined;
}
