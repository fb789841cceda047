import { decidingHost } from '../../../core/patterns/deciding-host.ts';
import { comparePatterns, contains } from '../../../core/patterns/pattern-order.ts';
import type { Effort } from '../../../core/patterns/pattern-tree.ts';
import { PatternTree } from '../../../core/patterns/pattern-tree.ts';
import type { Route } from '../../../core/route.ts';
import { requiresAsMuch } from '../routes/stricter-conditions.ts';
import { covers, lacksBinding } from '../routes/weaker-rules.ts';
import { readsMorePlaces } from './further-places.ts';

/** A route that admits more than a rule of another file, for requests that the rule decides without it. */
export interface WidenedRule {
  readonly route: Route;
  readonly rule: Route;
  /** A method that the rule and its neighbours deny, because they do not list it; `undefined` if they require more. */
  readonly method: string | undefined;
}

/** A method that no rule lists. */
const ANOTHER = 'any other method';

/** The rules of one file with one path pattern, for one host or for every host. */
interface Group {
  readonly pattern: string;
  readonly byMethod: Map<string, Route>;
  other: Route | undefined;
}

/** The rules of one file by host. The host '' is every host. */
export type RuleTables = ReadonlyMap<string, PatternTree<Group>>;

/** What was found. `undefined`: the rules overlap so often that comparing them would stop the process for long. */
export type WidenedRules = readonly WidenedRule[] | undefined;

/**
 * Returns the routes of one file that admit more than the rules of another one, taken by themselves. A more specific path
 * or host takes requests away from a wider rule, so without this check a file could admit what the other one denies.
 *
 * A path that a rule of the other file matches counts as decided there for every method, as in the route map itself.
 *
 * @param effort shared by all comparisons of a configuration.
 */
export function widenedRules(routes: readonly Route[], tables: RuleTables, effort: Effort): WidenedRules {
  const keys = new Set(tables.keys());
  const found: WidenedRule[] = [];
  for (const route of routes) {
    for (const host of route.hosts.length === 0 ? [''] : route.hosts) {
      const key = decidingHost(host, keys);
      const widened = widenedIn(route, tables.get(key), key === host, effort);
      if (effort.left < 0) return undefined;
      if (widened === undefined) continue;
      found.push(widened);
      break;
    }
  }
  return found;
}

/** Sorts the rules of one file for {@link widenedRules}. */
export function tablesOf(routes: readonly Route[]): RuleTables {
  const tables = new Map<string, PatternTree<Group>>();
  for (const route of routes) {
    for (const host of route.hosts.length === 0 ? [''] : route.hosts) {
      const table = tables.get(host) ?? new PatternTree<Group>();
      tables.set(host, table);
      const group = table.at(route.pattern, () => newGroup(route.pattern));
      for (const method of route.methods) group.byMethod.set(method, route);
      if (route.methods.length === 0) group.other = route;
    }
  }
  return tables;
}

function newGroup(pattern: string): Group {
  return { pattern, byMethod: new Map(), other: undefined };
}

/** @param isSameTable whether both are in one table of the route map; otherwise the route hides the whole table. */
function widenedIn(
  route: Route,
  table: PatternTree<Group> | undefined,
  isSameTable: boolean,
  effort: Effort,
): WidenedRule | undefined {
  const shared = table?.overlapping(route.pattern, effort) ?? [];
  // The most specific pattern that decides every path of the route hides all wider ones.
  const [hiding] = shared
    .filter(({ pattern }) => contains(pattern, route.pattern))
    .toSorted((one, other) => comparePatterns(one.pattern, other.pattern));
  for (const group of shared) {
    const order = comparePatterns(route.pattern, group.pattern);
    if (isSameTable && order > 0) continue;
    if (hiding !== undefined && comparePatterns(hiding.pattern, group.pattern) < 0) continue;
    const found = widenedGroup(route, group, isSameTable && order === 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param isSamePlace whether the rules of the group stay in force for the methods that they list. */
function widenedGroup(route: Route, group: Group, isSamePlace: boolean): WidenedRule | undefined {
  for (const method of methodsOf(route, group, isSamePlace)) {
    const rule = ruleFor(group, method);
    if (rule === undefined) {
      const [neighbour = group.other] = group.byMethod.values();
      return neighbour && { route, rule: neighbour, method };
    }
    if (admitsMore(route, rule)) return { route, rule, method: undefined };
  }
  return undefined;
}

function methodsOf({ methods }: Route, group: Group, isSamePlace: boolean): readonly string[] {
  if (methods.length === 0) return isSamePlace ? [ANOTHER] : [...group.byMethod.keys(), ANOTHER];
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
}

function ruleFor({ byMethod, other }: Group, method: string): Route | undefined {
  return byMethod.get(method) ?? (method === 'HEAD' ? byMethod.get('GET') : undefined) ?? other;
}

/** Whether `route` admits a request that `rule` denies. */
function admitsMore(route: Route, rule: Route): boolean {
  if (rule.requirement.kind === 'public' || rule.shadow) return false;
  if (!covers(rule, route)) return true;
  const hasFurtherIssuers = rule.issuers !== undefined && !isSubset(route.issuers, rule.issuers);
  const lacksConditions = rule.where !== undefined && !requiresAsMuch(route.where, rule.where);
  const lacksResource = rule.resource !== undefined && route.resource?.name !== rule.resource.name;
  if (readsMorePlaces(route, rule)) return true;
  return (
    hasFurtherIssuers ||
    lacksConditions ||
    lacksResource ||
    lacksBinding(route, rule) ||
    (route.basic && !rule.basic) ||
    rule.mcp !== undefined
  );
}

function isSubset(inner: ReadonlySet<string> | undefined, outer: ReadonlySet<string>): boolean {
  return inner !== undefined && [...inner].every((name) => outer.has(name));
}
