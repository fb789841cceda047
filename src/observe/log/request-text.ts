import { USUAL_METHODS } from '../../core/method.ts';
import { encodePath } from '../../core/path.ts';
import type { Route } from '../../core/route.ts';
import { nearest } from '../../lib/nearest.ts';

/** Where some parser ends a path, encoded or not. The rest may contain secrets. */
const END_OF_PATH = /[?#;]|%(?:25)*(?:3f|23|3b)/i;
const MAX_SEGMENTS = 32;
/** Longer segments are not compared with the literals. */
const MAX_WORD_LENGTH = 32;
/** The most comparisons of a segment with a literal for one path, because anyone may send any path. */
const MAX_COMPARISONS = 500;
/** Stands for what may be a secret. */
export const HIDDEN = '…';

/**
 * Describes a request that matched no route without secrets, which clients may put into the method or any segment of the
 * path. It shows only what the routes contain. A misspelt literal becomes `~` and the literal, anything else `…`.
 */
export class RequestText {
  private literals: ReadonlyMap<string, string> = new Map();
  private methods: ReadonlySet<string> = USUAL_METHODS;

  /** Sets the routes of the configuration in force. */
  reconfigure(routes: readonly Pick<Route, 'pattern' | 'methods'>[]): void {
    const segments = routes.flatMap(({ pattern }) => pattern.split('/')).filter(isLiteral);
    this.literals = new Map(segments.map((segment) => [encodePath(segment), segment]));
    this.methods = new Set([...USUAL_METHODS, ...routes.flatMap(({ methods }) => methods)]);
  }

  nameMethod(method: string): string {
    if (this.methods.has(method)) return method;
    const upper = method.length <= MAX_WORD_LENGTH ? method.toUpperCase() : '';
    return this.methods.has(upper) ? `~${upper}` : HIDDEN;
  }

  /** Describes the path without its query. */
  namePath(target: string): string {
    const [first = '', ...segments] = (target.split(END_OF_PATH, 1)[0] ?? '').split('/', MAX_SEGMENTS);
    const start = first === '' || first === '*' ? first : HIDDEN;
    let comparisons = 0;
    const names = segments.map((segment) => {
      const known = segment === '' ? '' : this.literals.get(segment);
      if (known !== undefined) return known;
      if (segment.length > MAX_WORD_LENGTH) return HIDDEN;
      comparisons += this.literals.size;
      return comparisons > MAX_COMPARISONS ? HIDDEN : this.nameMisspelling(segment);
    });
    return [start, ...names].join('/');
  }

  private nameMisspelling(segment: string): string {
    const literal = nearest(segment, this.literals.values());
    return literal === undefined ? HIDDEN : `~${literal}`;
  }
}

function isLiteral(segment: string): boolean {
  return segment !== '' && segment !== '**' && !segment.startsWith('{');
}
