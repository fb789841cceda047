import { decidingHost } from '../../../core/patterns/deciding-host.ts';
import { comparePatterns, contains, overlaps, shapeOf } from '../../../core/patterns/pattern-order.ts';
import type { Route } from '../../../core/route.ts';
import { covers } from '../weaker-rules.ts';

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

/** The rules of one file by host, then by the shape of the path pattern. The host '' is every host. */
export type RuleTables = ReadonlyMap<string, ReadonlyMap<string, Group>>;

/**
 * Returns the routes of one file that admit more than the rules of another one, taken by themselves. A more specific path
 * or host takes requests away from a wider rule, so without this check a file could admit what the other one denies.
 *
 * A path that a rule of the other file matches counts as decided there for every method, as in the route map itself.
 */
export function widenedRules(routes: readonly Route[], tables: RuleTables): readonly WidenedRule[] {
  const keys = new Set(tables.keys());
  return routes.flatMap((route) => {
    const hosts = route.hosts.length === 0 ? [''] : route.hosts;
    for (const host of hosts) {
      const key = decidingHost(host, keys);
      const found = widenedIn(route, [...(tables.get(key)?.values() ?? [])], key === host);
      if (found !== undefined) return [found];
    }
    return [];
  });
}

/** Sorts the rules of one file for {@link widenedRules}. */
export function tablesOf(routes: readonly Route[]): RuleTables {
  const tables = new Map<string, Map<string, Group>>();
  for (const route of routes) {
    for (const host of route.hosts.length === 0 ? [''] : route.hosts) {
      const table = tables.get(host) ?? new Map<string, Group>();
      tables.set(host, table);
      const shape = shapeOf(route.pattern);
      const group = table.get(shape) ?? { pattern: route.pattern, byMethod: new Map(), other: undefined };
      table.set(shape, group);
      for (const method of route.methods) group.byMethod.set(method, route);
      if (route.methods.length === 0) group.other = route;
    }
  }
  return tables;
}

/** @param isSameTable whether both are in one table of the route map; otherwise the route hides the whole table. */
function widenedIn(route: Route, groups: readonly Group[], isSameTable: boolean): WidenedRule | undefined {
  const shared = groups.filter(({ pattern }) => overlaps(route.pattern, pattern));
  for (const group of shared) {
    const order = comparePatterns(route.pattern, group.pattern);
    if (isSameTable && order > 0) continue;
    const isHidden = shared.some(
      (other) => contains(other.pattern, route.pattern) && comparePatterns(other.pattern, group.pattern) < 0,
    );
    if (isHidden) continue;
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
  const lacksResource = rule.resource !== undefined && route.resource?.name !== rule.resource.name;
  return hasFurtherIssuers || lacksResource || (route.basic && !rule.basic) || rule.mcp !== undefined;
}

function isSubset(inner: ReadonlySet<string> | undefined, outer: ReadonlySet<string>): boolean {
  return inner !== undefined && [...inner].every((name) => outer.has(name));
}
