import { USUAL_METHODS } from '../core/method.ts';
import { nearest } from '../core/nearest.ts';
import { encodePath } from '../core/path.ts';
import type { Route } from '../core/route.ts';

/** Where a path ends for one parser or another, encoded or not: what follows may hold anything. */
const END_OF_PATH = /[?#;]|%(?:25)*(?:3f|23|3b)/i;
const MAX_SEGMENTS = 32;
/** Slips are looked for in maps of at most so many literals, and in words of at most so many letters. */
const MAX_COMPARED = 500;
const MAX_WORD_LENGTH = 32;
const HIDDEN = '…';

/**
 * What the log may call a request that met no route. A segment of its path, or its method, may be a secret that somebody
 * put there: what the route map itself says is shown, and all else is `…`. A slip of a literal is `~` and that literal.
 */
export class RequestWords {
  private literals: ReadonlyMap<string, string> = new Map();
  private methods: ReadonlySet<string> = USUAL_METHODS;

  /** Takes up the routes of a new configuration. */
  adopt(routes: readonly Pick<Route, 'pattern' | 'methods'>[]): void {
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
    return [start, ...segments.map((segment) => this.nameSegment(segment))].join('/');
  }

  private nameSegment(segment: string): string {
    if (segment === '') return '';
    const literal = this.literals.get(segment);
    if (literal !== undefined) return literal;
    const mayCompare = this.literals.size <= MAX_COMPARED && segment.length <= MAX_WORD_LENGTH;
    const meant = mayCompare ? nearest(segment, this.literals.values()) : undefined;
    return meant === undefined ? HIDDEN : `~${meant}`;
  }
}

function isLiteral(segment: string): boolean {
  return segment !== '' && segment !== '**' && !segment.startsWith('{');
}
