import * as z from 'zod';
import type { Route } from '../../core/route.ts';
import { RouteMap } from '../../core/route.ts';
import type { Requirement } from '../../core/scope.ts';
import { list, quote, suggest } from '../../lib/wording.ts';
import type { ResourceConfig } from '../config.ts';
import type { Draft } from '../reading/draft.ts';
import type { Path } from '../reading/problems.ts';
import { readMcp } from './resources/mcp.ts';
import { resourceNames } from './resources/resources.ts';
import type { WrittenRoute } from './route-schema.ts';
import { REQUIREMENTS, routeSchema } from './route-schema.ts';
import type { Catalogue } from './scopes.ts';
import { requirementProblem } from './scopes.ts';
import { weakerRules } from './weaker-rules.ts';

/** The sections that routes refer to; `undefined` for one that is invalid. */
export interface RouteContext {
  readonly catalogue: Catalogue | undefined;
  /** Names of the issuers. */
  readonly issuers: readonly string[] | undefined;
  /** Name of our own issuer, to which the accounts belong. */
  readonly own: string | undefined;
  /** Whether routes accept Basic by default. */
  readonly basic: boolean | undefined;
  readonly resources: readonly ResourceConfig[] | undefined;
}

/** Reads the routes and returns the well-formed ones; `undefined` if there is no list. */
export function readRoutes(draft: Draft, context: RouteContext): readonly Route[] | undefined {
  const written = draft.read(['routes'], z.array(z.unknown()));
  if (written === undefined) return undefined;
  const places = new Map<Route, number>();
  for (const index of written.keys()) {
    const route = readRoute(draft, ['routes', index], context);
    if (route !== undefined) places.set(route, index);
  }
  const routes = [...places.keys()];
  refuseConflicts(draft, routes, places);
  warnOfWeakerRules(draft, routes, places);
  return routes;
}

function readRoute(draft: Draft, path: Path, context: RouteContext): Route | undefined {
  const written = draft.read(path, routeSchema);
  if (written === undefined) return undefined;
  const { method, methods } = written;
  if (method !== undefined && methods !== undefined) {
    draft.refuse([...path, 'methods'], 'expected one of method and methods, found both');
  }
  refuseIssuers(draft, path, written, context.issuers);
  refuseBasic(draft, path, written, context);
  refusePublic(draft, path, written);
  if (context.catalogue !== undefined) refuseScopes(draft, path, written, context.catalogue);
  refuseResource(draft, path, written);
  const requirement = readRequirement(draft, path, written);
  if (requirement === undefined) return undefined;
  const resource = context.resources?.find(({ name }) => name === written.resource);
  const mcp = readMcp(draft, path, written, requirement, context.catalogue);
  return {
    pattern: written.path,
    hosts: written.hosts ?? [],
    methods: methods ?? (method === undefined ? [] : [method]),
    requirement,
    issuers: written.issuers && new Set(written.issuers),
    basic: requirement.kind !== 'public' && acceptsBasic(written, context),
    sufficient: undefined,
    shadow: written.shadow,
    ...(resource === undefined ? {} : { resource }),
    ...(mcp === undefined ? {} : { mcp }),
  };
}

/** A password is meant for no resource, so a route with one accepts no Basic. */
function acceptsBasic(written: WrittenRoute, context: RouteContext): boolean {
  if (written.resource !== undefined || !acceptsAccounts(written, context)) return false;
  return written.basic ?? context.basic ?? false;
}

function readRequirement(draft: Draft, path: Path, written: WrittenRoute): Requirement | undefined {
  const found = REQUIREMENTS.filter((key) => written[key] !== undefined);
  if (found.length !== 1) {
    const names = found.length === 0 ? 'none' : list(found, 'and');
    draft.refuse(path, `expected exactly one of ${list(REQUIREMENTS, 'and')}, found ${names}`);
    return undefined;
  }
  if (written.public) return { kind: 'public' };
  if (written.authenticated) return { kind: 'authenticated' };
  if (written.anyOf !== undefined) return { kind: 'anyOf', scopes: written.anyOf };
  return { kind: 'allOf', scopes: written.allOf ?? (written.scope === undefined ? [] : [written.scope]) };
}

function refuseScopes(draft: Draft, path: Path, { scope, anyOf, allOf }: WrittenRoute, catalogue: Catalogue): void {
  const judge = (name: string, ...place: Path): void => {
    const problem = requirementProblem(name, catalogue);
    if (problem !== undefined) draft.refuse([...path, ...place], problem);
  };
  if (scope !== undefined) judge(scope, 'scope');
  anyOf?.forEach((name, index) => judge(name, 'anyOf', index));
  allOf?.forEach((name, index) => judge(name, 'allOf', index));
}

function refuseIssuers(
  draft: Draft,
  path: Path,
  { issuers }: WrittenRoute,
  names: readonly string[] | undefined,
): void {
  if (names === undefined) return;
  for (const [index, name] of (issuers ?? []).entries()) {
    if (names.includes(name)) continue;
    draft.refuse([...path, 'issuers', index], `unknown issuer ${quote(name)}${suggest(name, names)}`);
  }
}

function refuseBasic(draft: Draft, path: Path, written: WrittenRoute, context: RouteContext): void {
  if (written.basic !== true) return;
  if (context.basic === false) draft.refuse([...path, 'basic'], 'requires basic.routes: true');
  if (written.resource !== undefined) {
    draft.refuse([...path, 'basic'], 'cannot be combined with resource: a password has no audience');
  }
  if (acceptsAccounts(written, context)) return;
  draft.refuse([...path, 'basic'], `accounts belong to ${quote(context.own ?? '')}, which issuers does not list`);
}

/** Whether the route accepts our own issuer, and with it the accounts. */
function acceptsAccounts({ issuers }: WrittenRoute, { own }: RouteContext): boolean {
  return issuers === undefined || own === undefined || issuers.includes(own);
}

function refuseResource(draft: Draft, path: Path, { resource }: WrittenRoute): void {
  const names = resourceNames(draft);
  if (resource === undefined || names === undefined || names.includes(resource)) return;
  const known = names.filter((name) => typeof name === 'string');
  draft.refuse([...path, 'resource'], `unknown resource ${quote(resource)}${suggest(resource, known)}`);
}

function refusePublic(draft: Draft, path: Path, written: WrittenRoute): void {
  if (written.public === undefined) return;
  for (const key of ['issuers', 'basic', 'resource', 'mcp'] as const) {
    if (written[key] === undefined) continue;
    draft.refuse([...path, key], `a public route authenticates no one: ${key} has no effect here`);
  }
}

function refuseConflicts(draft: Draft, routes: readonly Route[], places: ReadonlyMap<Route, number>): void {
  const reported = new Set<string>();
  for (const { route, standing } of new RouteMap(routes).conflicts) {
    const later = places.get(route) ?? 0;
    const earlier = places.get(standing) ?? 0;
    const key = `${later} ${earlier}`;
    if (reported.has(key)) continue;
    reported.add(key);
    const line = draft.lineOf(['routes', earlier]);
    draft.refuse(
      ['routes', later],
      `${nameRoute(route)} conflicts with ${nameRoute(standing)}, routes[${earlier}] at line ${line}: both match the same requests`,
    );
  }
}

function warnOfWeakerRules(draft: Draft, routes: readonly Route[], places: ReadonlyMap<Route, number>): void {
  for (const { route, neighbour } of weakerRules(routes)) {
    const index = places.get(neighbour) ?? 0;
    const line = draft.lineOf(['routes', index]);
    draft.warn(
      ['routes', places.get(route) ?? 0],
      `${nameRoute(route)} matches every other method and requires less than ${nameRoute(neighbour)}, routes[${index}] at line ${line}: list its methods`,
    );
  }
}

function nameRoute({ methods, hosts, pattern }: Route): string {
  const method = methods.length === 0 ? '' : `${methods.join(',')} `;
  return quote(`${method}${hosts.join(',')}${pattern}`);
}
