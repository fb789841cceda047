import { shapeOf } from '../../../core/patterns/pattern-order.ts';
import type { Route } from '../../../core/route.ts';
import type { Requirement } from '../../../core/scope.ts';
import { requiresAsMuch } from './stricter-conditions.ts';

/** A route without methods, and a neighbour on the same path that requires more. */
export interface WeakerRule {
  readonly route: Route;
  readonly neighbour: Route;
}

/**
 * Returns the routes that match every method that no neighbour lists and that require less than a neighbour. If the
 * server handles an unusual method like the neighbour's, the request bypasses the neighbour's requirement.
 */
export function weakerRules(routes: readonly Route[]): readonly WeakerRule[] {
  const neighbours = Map.groupBy(
    routes
      .filter(({ methods }) => methods.length > 0)
      .flatMap((route) => placesOf(route).map((place) => ({ place, route }))),
    ({ place }) => place,
  );
  // Two routes for one place are a conflict, and the first one is enough.
  const seen = new Set<string>();
  return routes
    .filter(({ methods }) => methods.length === 0)
    .flatMap((route) => {
      const places = placesOf(route).filter((place) => !seen.has(place));
      for (const place of places) seen.add(place);
      const others = places.flatMap((place) => neighbours.get(place) ?? []);
      const neighbour = others.find((other) => isLess(route, other.route));
      return neighbour === undefined ? [] : [{ route, neighbour: neighbour.route }];
    });
}

/** The host and path of a route, for each of its hosts. */
function placesOf({ hosts, pattern }: Route): readonly string[] {
  const shape = shapeOf(pattern);
  return (hosts.length === 0 ? [''] : hosts).map((host) => `${host}${shape}`);
}

/** Whether `route` admits every caller that `other` admits, and more. */
function isLess(route: Route, other: Route): boolean {
  if (route.where !== undefined && !requiresAsMuch(other.where, route.where)) return false;
  return covers(route, other) && (!covers(other, route) || isNarrower(other, route));
}

/**
 * Whether `other` requires the same scopes as `route`, and an audience, conditions, a scope of each tool or a bound token
 * besides.
 */
function isNarrower(other: Route, route: Route): boolean {
  if (other.shadow) return false;
  return (
    (other.mcp !== undefined && route.mcp === undefined) ||
    (other.where !== undefined && !requiresAsMuch(route.where, other.where)) ||
    (other.resource !== undefined && route.resource === undefined) ||
    lacksBinding(route, other)
  );
}

/** Whether every caller whose scopes satisfy `other` also passes `route`. */
export function covers(route: Route, other: Route): boolean {
  const [wide, narrow] = [effectiveOf(route), effectiveOf(other)];
  if (wide.kind === 'public') return true;
  if (narrow.kind === 'public') return false;
  if (wide.kind === 'authenticated') return true;
  if (narrow.kind === 'authenticated') return false;
  return implies(narrow, wide);
}

/** Whether `route` accepts tokens that are not bound as `other` requires. */
export function lacksBinding(route: Route, other: Route): boolean {
  if (other.bound === undefined || other.bound === route.bound) return false;
  return other.bound !== 'any' || route.bound === undefined;
}

/** Returns the effective requirement: a route in shadow mode denies no request. */
function effectiveOf({ requirement, shadow }: Route): Requirement {
  return shadow ? { kind: 'public' } : requirement;
}

type Scoped = Extract<Requirement, { scopes: readonly string[] }>;

/** Whether every set of scopes that satisfies `narrow` also satisfies `wide`. */
function implies(narrow: Scoped, wide: Scoped): boolean {
  const holds = (granted: readonly string[]): boolean =>
    wide.kind === 'anyOf'
      ? wide.scopes.some((scope) => granted.includes(scope))
      : wide.scopes.every((scope) => granted.includes(scope));
  return narrow.kind === 'anyOf' ? narrow.scopes.every((scope) => holds([scope])) : holds(narrow.scopes);
}
