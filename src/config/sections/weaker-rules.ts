import type { Route } from '../../core/route.ts';
import type { Requirement } from '../../core/scope.ts';

/** A rule without methods, and a neighbour on the same path that asks for more. */
export interface WeakerRule {
  readonly route: Route;
  readonly neighbour: Route;
}

/**
 * Rules that take every method that no neighbour lists, and ask for less than a neighbour does. A server that answers an
 * unusual method as it answers the neighbour's opens that one.
 */
export function weakerRules(routes: readonly Route[]): readonly WeakerRule[] {
  return routes
    .filter(({ methods }) => methods.length === 0)
    .flatMap((route) => {
      const neighbour = routes.find(
        (other) => other.methods.length > 0 && isSamePlace(route, other) && isLess(route, other),
      );
      return neighbour === undefined ? [] : [{ route, neighbour }];
    });
}

/** Rules meet in the table of a host that both name, or of every host where neither names one. */
function isSamePlace(one: Route, other: Route): boolean {
  if (shapeOf(one.pattern) !== shapeOf(other.pattern)) return false;
  if (one.hosts.length === 0 || other.hosts.length === 0) return one.hosts.length === other.hosts.length;
  return one.hosts.some((host) => other.hosts.includes(host));
}

/** What a parameter is called makes no difference. */
function shapeOf(pattern: string): string {
  return pattern.replace(/\{[^}/]*\}/g, '{}');
}

/** Whether every caller whom `other` lets in is let in by `route`, but not the other way round. */
function isLess(route: Route, other: Route): boolean {
  return covers(route, other) && !covers(other, route);
}

function covers(route: Route, other: Route): boolean {
  const [wide, narrow] = [effectiveOf(route), effectiveOf(other)];
  if (wide.kind === 'public') return true;
  if (narrow.kind === 'public') return false;
  if (wide.kind === 'authenticated') return true;
  if (narrow.kind === 'authenticated') return false;
  return implies(narrow, wide);
}

/** A rule in shadow denies nobody. */
function effectiveOf({ requirement, shadow }: Route): Requirement {
  return shadow ? { kind: 'public' } : requirement;
}

type Scoped = Extract<Requirement, { scopes: readonly string[] }>;

/** Whether all sets of scopes that meet `narrow` meet `wide`. */
function implies(narrow: Scoped, wide: Scoped): boolean {
  const holds = (granted: readonly string[]): boolean =>
    wide.kind === 'anyOf'
      ? wide.scopes.some((scope) => granted.includes(scope))
      : wide.scopes.every((scope) => granted.includes(scope));
  return narrow.kind === 'anyOf' ? narrow.scopes.every((scope) => holds([scope])) : holds(narrow.scopes);
}
