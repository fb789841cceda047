import { USUAL_METHODS } from '../../core/method.ts';
import { encodePath } from '../../core/path.ts';
import type { Route } from '../../core/route.ts';
import { nearest } from '../../lib/nearest.ts';

/** Where a path ends for one parser or another, encoded or not: what follows may hold anything. */
const END_OF_PATH = /[?#;]|%(?:25)*(?:3f|23|3b)/i;
const MAX_SEGMENTS = 32;
/** Words of at most so many letters are compared with the literals. */
const MAX_WORD_LENGTH = 32;
/** Pairs of a word and a literal that are compared for one path: anybody may send paths, and none must cost much. */
const MAX_COMPARISONS = 500;
const HIDDEN = '…';

/**
 * What the log may call a request that met no route. A segment of its path, or its method, may be a secret that somebody
 * put there: what the route map itself says is shown, and all else is `…`. A slip of a literal is `~` and that literal.
 */
export class RequestText {
  private literals: ReadonlyMap<string, string> = new Map();
  private methods: ReadonlySet<string> = USUAL_METHODS;

  /** Takes up the routes of another configuration. */
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

  /** Without its query. */
  namePath(target: string): string {
    const [first = '', ...segments] = (target.split(END_OF_PATH, 1)[0] ?? '').split('/', MAX_SEGMENTS);
    const start = first === '' || first === '*' ? first : HIDDEN;
    let comparisons = 0;
    const names = segments.map((segment) => {
      const known = segment === '' ? '' : this.literals.get(segment);
      if (known !== undefined) return known;
      if (segment.length > MAX_WORD_LENGTH) return HIDDEN;
      comparisons += this.literals.size;
      return comparisons > MAX_COMPARISONS ? HIDDEN : this.nameSlip(segment);
    });
    return [start, ...names].join('/');
  }

  private nameSlip(segment: string): string {
    const meant = nearest(segment, this.literals.values());
    return meant === undefined ? HIDDEN : `~${meant}`;
  }
}

function isLiteral(segment: string): boolean {
  return segment !== '' && segment !== '**' && !segment.startsWith('{');
}
