import { SCOPE_NAME } from '../config/sections/file-schema.ts';
import { patternProblem } from '../config/sections/patterns.ts';
import { hostProblem } from '../config/sections/routes/route-schema.ts';
import { comparePatterns, overlaps, shapeOf } from '../core/patterns/pattern-order.ts';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../core/scope.ts';
import { quote } from '../lib/wording.ts';
import { demandText } from './demand-match.ts';
import { patternFor } from './path-template.ts';
import type { PlacedOperation } from './placed-operation.ts';
import { list, text } from './yaml-text.ts';

/** A route to write. */
export interface WrittenRoute {
  readonly outcome: 'written';
  readonly pattern: string;
  readonly rule: string;
  readonly scopes: readonly string[];
}

/** Why a person must decide. */
export interface UndecidedRoute {
  readonly outcome: 'undecided';
  readonly why: string;
  /** The pattern that the route would have; `undefined` if there is none. */
  readonly pattern: string | undefined;
}

type Outcome = WrittenRoute | UndecidedRoute | { readonly outcome: 'covered' };

/** An operation and its outcome. */
export interface Judged {
  readonly one: PlacedOperation;
  readonly found: Outcome;
}

/**
 * Decides for each operation whether a route can be written. Deny is the start value: an operation gets a route only if the
 * document states what it demands, and only if a route can require exactly that.
 */
export function judgeOperations(operations: readonly PlacedOperation[]): readonly Judged[] {
  const places = new Map<string, string>();
  return withoutContradictions(operations.map((one) => ({ one, found: outcomeOf(one, places) })));
}

const PUBLIC = 'public: true';

/**
 * Leaves out routes that would decide an operation about which a person must decide: there is no fallback to deny within a
 * wider route. A public one would make that operation public.
 */
function withoutContradictions(judged: readonly Judged[]): readonly Judged[] {
  const open = judged.filter(({ found }) => found.outcome === 'undecided');
  return judged.map(({ one, found }) => {
    if (found.outcome !== 'written') return { one, found };
    const other = open.find((undecided) => isContradicted(one, found, undecided));
    if (other === undefined) return { one, found };
    const { operation, path } = other.one;
    const why = `its route would also decide ${operation.method} ${path}, about which the document does not say enough`;
    return { one, found: { outcome: 'undecided', why, pattern: found.pattern } };
  });
}

function isContradicted(one: PlacedOperation, { pattern, rule }: WrittenRoute, other: Judged): boolean {
  const { method } = one.operation;
  const { operation, path, host } = other.one;
  const isSameMethod = operation.method === method || (operation.method === 'HEAD' && method === 'GET');
  if (!isSameMethod || host !== one.host) return false;
  const reach = other.found.outcome === 'undecided' ? (other.found.pattern ?? reachOf(path)) : path;
  if (!overlaps(pattern, reach)) return false;
  const order = comparePatterns(pattern, reach);
  return order === 0 || (order > 0 && rule === PUBLIC);
}

/** A pattern that matches at least what the path template of an operation without a route matches. */
function reachOf(template: string): string {
  return template.replace(/[^/]*[^/\w.-][^/]*/g, '{any}');
}

/** @param places the rule that was written for each host, path and method. */
function outcomeOf({ operation, path, host }: PlacedOperation, places: Map<string, string>): Outcome {
  const read = patternFor(path);
  if (read.outcome === 'inexpressible') return undecided(read.why);
  const { pattern } = read;
  const problem = patternProblem(pattern) ?? (host === '' ? undefined : hostProblem(host));
  if (problem !== undefined) return undecided(problem);
  const { method, demand } = operation;
  if (method === 'TRACE') return undecided('TRACE reflects credentials: no route is needed', pattern);
  const place = (other: string): string => `${host} ${other} ${shapeOf(pattern)}`;
  if (demand.kind === 'unstated') {
    return undecided('neither the operation nor the document has security: choose who may call it', pattern);
  }
  if (demand.kind === 'optional') {
    return undecided(
      'a credential is optional: a public route hands on an unverified one, and identifies no one',
      pattern,
    );
  }
  const scopes = demand.kind === 'scopes' ? demand.sets.flat() : [];
  const unfit = scopes.find((scope) => scope === ALL_ANY || !(SCOPE_NAME.test(scope) || MANAGEMENT_SCOPES.has(scope)));
  if (unfit !== undefined)
    return undecided(`${quote(unfit)} cannot be a scope of a route: choose one such as 'messages:send'`, pattern);
  const rule =
    demand.kind === 'scopes' ? ruleFor(demand.sets) : demand.kind === 'public' ? PUBLIC : 'authenticated: true';
  if (rule === undefined) return undecided(`a route cannot require ${demandText(demand)}: choose one of them`, pattern);
  const other = places.get(place(method));
  if (other === rule) return { outcome: 'covered' };
  if (other !== undefined) return undecided('another operation with this path demands something else', pattern);
  if (method === 'HEAD' && places.get(place('GET')) === rule) return { outcome: 'covered' };
  places.set(place(method), rule);
  return { outcome: 'written', pattern, rule, scopes };
}

function undecided(why: string, pattern?: string): Outcome {
  return { outcome: 'undecided', why, pattern };
}

function ruleFor(sets: readonly (readonly string[])[]): string | undefined {
  const [first = [], ...others] = sets;
  if (others.length === 0) {
    const [scope = ''] = first;
    return first.length === 1 ? `scope: ${text(scope)}` : `allOf: ${list(first)}`;
  }
  return sets.every((set) => set.length === 1) ? `anyOf: ${list(sets.flat())}` : undefined;
}
