import type { Route } from '../core/route.ts';
import type { ApiDocument } from './document.ts';
import type { Difference, Undecided, UnknownRule } from './findings.ts';
import { Findings, hostsOf, isInTable } from './findings.ts';
import { patternFor } from './path-template.ts';
import type { PlacedOperation, Serving } from './placed-operation.ts';
import { basesOf, placesOf } from './placed-operation.ts';

/** What the comparison of a route map with a document finds. */
export interface Comparison {
  readonly operationsWithoutRule: readonly PlacedOperation[];
  readonly rulesWithoutOperation: readonly UnknownRule[];
  readonly differences: readonly Difference[];
  /** Operations that could not be compared, and why. They are no differences. */
  readonly undecided: readonly Undecided[];
  /** Rules that match more than what the document describes: by `**`, or by every method. They are no differences. */
  readonly wider: readonly Route[];
  /** How many operations were compared, each once for each place where it is served. */
  readonly operations: number;
  /** How many rules are for other hosts or outside the base paths, and were left out. */
  readonly rulesElsewhere: number;
}

/** Whether the map and the document agree. */
export function isAgreed({ operationsWithoutRule, rulesWithoutOperation, differences }: Comparison): boolean {
  return operationsWithoutRule.length + rulesWithoutOperation.length + differences.length === 0;
}

/** Compares a route map with a document. */
export function compareRoutes(routes: readonly Route[], document: ApiDocument, serving: Serving): Comparison {
  const placed = document.operations.flatMap((operation) => placesOf(operation, serving));
  const read = placed.map((operation) => ({ ...operation, read: patternFor(operation.path) }));
  const matchable = read.flatMap(({ read: found, ...rest }) =>
    found.outcome === 'pattern' ? [{ ...rest, pattern: found.pattern }] : [],
  );
  const unreadable = read.flatMap(({ read: found, ...rest }) =>
    found.outcome === 'inexpressible' ? [{ ...rest, why: found.why }] : [],
  );
  const hosts = new Set(placed.map(({ host }) => host));
  const keys = hostsOf(routes);
  const bases = basesOf(document, serving);
  const isHere = (route: Route): boolean => {
    return [...hosts].some((host) => isInTable(route, host, keys)) && bases.some((base) => isBelow(base, route));
  };
  const here = routes.filter(isHere);
  const found = new Findings(routes, matchable);
  for (const operation of matchable) found.compare(operation);
  return {
    operationsWithoutRule: found.missing,
    rulesWithoutOperation: here.flatMap((route) => found.unknownIn(route) ?? []),
    differences: found.differences,
    undecided: [...unreadable, ...found.undecided],
    wider: here.filter((route) => found.isWider(route)),
    operations: placed.length,
    rulesElsewhere: routes.length - here.length,
  };
}

function isBelow(base: string, { pattern }: Route): boolean {
  return pattern === base || pattern.startsWith(`${base}/`);
}
