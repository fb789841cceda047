import * as z from 'zod';
import type { Route } from '../../../core/route.ts';
import { RouteMap } from '../../../core/route.ts';
import type { Requirement } from '../../../core/scope.ts';
import { list, quote, suggest } from '../../../lib/wording.ts';
import type { ResourceConfig, RoutePlace } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { Cors } from '../cors/cors.ts';
import { readRouteCors } from '../cors/cors.ts';
import type { IncludedFile, Limits } from '../include/included-files.ts';
import { refuseBeyondLimits } from '../include/limits.ts';
import type { WidenedRule } from '../include/widened-rules.ts';
import { tablesOf, widenedRules } from '../include/widened-rules.ts';
import { readMcp } from '../resources/mcp.ts';
import type { Catalogue } from '../scopes.ts';
import { requirementProblem } from '../scopes.ts';
import { readCredentialPlaces, readsAuthorization } from './credential-places.ts';
import type { WrittenRoute } from './route-schema.ts';
import { REQUIREMENTS, routeSchema } from './route-schema.ts';
import { weakerRules } from './weaker-rules.ts';
import type { WhereContext } from './where.ts';
import { readWhere } from './where.ts';

/** The sections that routes refer to; `undefined` for one that is invalid. */
export interface RouteContext extends WhereContext {
  readonly catalogue: Catalogue | undefined;
  /** Names of the issuers. */
  readonly issuers: readonly string[] | undefined;
  /** Name of our own issuer, to which the accounts belong. */
  readonly own: string | undefined;
  /** Whether routes accept Basic by default. */
  readonly basic: boolean | undefined;
  readonly cors: Cors | undefined;
  readonly resources: readonly ResourceConfig[] | undefined;
  /** Names of the resources, even of those with faults; `undefined` if there is no list. */
  readonly resourceNames: readonly unknown[] | undefined;
  /** Names of the headers in which upstreams receive the identity. */
  readonly identityHeaders: readonly string[];
}

/** Where a route is written. */
interface Place {
  readonly draft: Draft;
  readonly index: number;
}

type Places = ReadonlyMap<Route, Place>;

/** Routes, and where each is written. */
export interface PlacedRoutes {
  readonly routes: readonly Route[];
  readonly places: ReadonlyMap<Route, RoutePlace>;
  /** Adds a warning about the value at `path` in a route. */
  readonly warn: (route: Route, path: Path, message: string) => void;
  /** Adds a problem with it. */
  readonly refuse: (route: Route, path: Path, message: string) => void;
}

/**
 * Reads the routes of the main file, then those of the files that it includes, and returns the well-formed ones;
 * `undefined` if a file has no list.
 */
export function readRoutes(
  main: Draft,
  included: readonly IncludedFile[],
  context: RouteContext,
): PlacedRoutes | undefined {
  const places = new Map<Route, Place>();
  const own = [{ draft: main, limits: {} }, ...included].map((file) => readFileRoutes(file, context, places));
  const routes = [...places.keys()];
  refuseConflicts(routes, places);
  refuseWidening(
    own.map((list) => list ?? []),
    places,
  );
  warnOfWeakerRules(routes, places);
  if (own.includes(undefined)) return undefined;
  const warn = (route: Route, path: Path, message: string): void => {
    const place = places.get(route);
    place?.draft.warn(['routes', place.index, ...path], message);
  };
  const refuse = (route: Route, path: Path, message: string): void => {
    const place = places.get(route);
    place?.draft.refuse(['routes', place.index, ...path], message);
  };
  return { routes, places: new Map(Array.from(places, ([route, place]) => [route, publicPlace(place)])), warn, refuse };
}

function readFileRoutes(
  { draft, limits }: IncludedFile,
  context: RouteContext,
  places: Map<Route, Place>,
): readonly Route[] | undefined {
  const written = draft.read(['routes'], z.array(z.unknown()));
  if (written === undefined) return undefined;
  const routes: Route[] = [];
  for (const index of written.keys()) {
    const route = readRoute(draft, ['routes', index], context, limits);
    if (route === undefined) continue;
    routes.push(route);
    places.set(route, { draft, index });
  }
  return routes;
}

function publicPlace({ draft, index }: Place): RoutePlace {
  return { file: draft.name, line: draft.lineOf(['routes', index]) };
}

function readRoute(draft: Draft, path: Path, context: RouteContext, limits: Limits): Route | undefined {
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
  refuseResource(draft, path, written, context.resourceNames);
  refuseBeyondLimits(draft, path, written, limits);
  const requirement = readRequirement(draft, path, written);
  if (requirement === undefined) return undefined;
  const resource = context.resources?.find(({ name }) => name === written.resource);
  const cors = readRouteCors(draft, [...path, 'cors'], written.cors, context.cors);
  const mcp = readMcp(draft, path, written, requirement, context.catalogue);
  const where = written.where && readWhere(draft, [...path, 'where'], written.where, written.path, context);
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
    ...(where === undefined ? {} : { where }),
    ...(cors === undefined ? {} : { cors }),
    ...(mcp === undefined ? {} : { mcp }),
    ...(written.bound === undefined ? {} : { bound: written.bound }),
    ...readCredentialPlaces(draft, [...path, 'credentials'], written.credentials, context.identityHeaders),
  };
}

/**
 * A password is meant for no resource and bound to no client, so a route that requires either accepts no Basic. Nor is it read
 * outside Authorization.
 */
function acceptsBasic(written: WrittenRoute, context: RouteContext): boolean {
  if (written.resource !== undefined || written.bound !== undefined || !acceptsAccounts(written, context)) return false;
  if (!readsAuthorization(written.credentials)) return false;
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
  if (written.bound !== undefined) {
    draft.refuse([...path, 'basic'], 'cannot be combined with bound: a password is bound to no client');
  }
  if (!readsAuthorization(written.credentials)) {
    draft.refuse([...path, 'basic'], 'needs authorization among credentials: no other place holds a password');
  }
  if (acceptsAccounts(written, context)) return;
  draft.refuse([...path, 'basic'], `accounts belong to ${quote(context.own ?? '')}, which issuers does not list`);
}

/** Whether the route accepts our own issuer, and with it the accounts. */
function acceptsAccounts({ issuers }: WrittenRoute, { own }: RouteContext): boolean {
  return issuers === undefined || own === undefined || issuers.includes(own);
}

function refuseResource(
  draft: Draft,
  path: Path,
  { resource }: WrittenRoute,
  names: readonly unknown[] | undefined,
): void {
  if (resource === undefined || names === undefined || names.includes(resource)) return;
  const known = names.filter((name) => typeof name === 'string');
  draft.refuse([...path, 'resource'], `unknown resource ${quote(resource)}${suggest(resource, known)}`);
}

function refusePublic(draft: Draft, path: Path, written: WrittenRoute): void {
  if (written.public === undefined) return;
  for (const key of ['issuers', 'basic', 'resource', 'where', 'mcp', 'bound', 'credentials'] as const) {
    if (written[key] === undefined) continue;
    draft.refuse([...path, key], `a public route authenticates no one: ${key} has no effect here`);
  }
}

function refuseConflicts(routes: readonly Route[], places: Places): void {
  const reported = new Map<Route, Set<Route>>();
  for (const { route, standing } of new RouteMap(routes).conflicts) {
    const known = reported.get(route) ?? new Set();
    if (known.has(standing)) continue;
    reported.set(route, known.add(standing));
    refuseAt(places, route, (draft) => {
      return `${nameRoute(route)} conflicts with ${nameAt(standing, places, draft)}: both match the same requests`;
    });
  }
}

/** A second of work, or two: in that time a running instance decides nothing. Thousands of usual routes need less. */
const MAX_VISITS = 2_000_000;

/** The main file may admit anything. @param files the routes of each file, the main file first. */
function refuseWidening(files: readonly (readonly Route[])[], places: Places): void {
  const tables = files.map(tablesOf);
  const effort = { left: MAX_VISITS };
  for (const [index, routes] of files.entries()) {
    if (index === 0) continue;
    const reported = new Set<Route>();
    for (const [other, rules] of tables.entries()) {
      if (other === index) continue;
      const found = widenedRules(routes, rules, effort);
      if (found === undefined) return refuseOverlaps(routes, places);
      refuseWidened(found, reported, places);
    }
  }
}

function refuseOverlaps([route]: readonly Route[], places: Places): void {
  if (route === undefined) return;
  const message = 'the routes of included files overlap so often that comparing them would take too long';
  refuseAt(places, route, () => `${message}: write literal paths in place of parameters, or fewer routes`);
}

function refuseWidened(found: readonly WidenedRule[], reported: Set<Route>, places: Places): void {
  for (const { route, rule, method } of found) {
    if (reported.has(route)) continue;
    reported.add(route);
    refuseAt(places, route, (draft) => {
      const name = nameAt(rule, places, draft);
      return method === undefined
        ? `${nameRoute(route)} admits requests that ${name} denies: require as much, or write this route in that file`
        : `${nameRoute(route)} admits ${method}, which ${name} does not list: write this route in that file`;
    });
  }
}

function refuseAt(places: Places, route: Route, message: (draft: Draft) => string): void {
  const place = places.get(route);
  place?.draft.refuse(['routes', place.index], message(place.draft));
}

/** Names a route and its place, for a message about a route in `draft`. */
function nameAt(route: Route, places: Places, draft: Draft): string {
  const place = places.get(route);
  if (place === undefined) return nameRoute(route);
  const line = place.draft.lineOf(['routes', place.index]);
  const where = place.draft === draft ? `line ${line}` : `${place.draft.name}:${line}`;
  return `${nameRoute(route)}, routes[${place.index}] at ${where}`;
}

function warnOfWeakerRules(routes: readonly Route[], places: Places): void {
  for (const { route, neighbour } of weakerRules(routes)) {
    const place = places.get(route);
    if (place === undefined) continue;
    const name = nameAt(neighbour, places, place.draft);
    const message = `${nameRoute(route)} matches every other method and requires less than ${name}: list its methods`;
    place.draft.warn(['routes', place.index], message);
  }
}

function nameRoute({ methods, hosts, pattern }: Route): string {
  const method = methods.length === 0 ? '' : `${methods.join(',')} `;
  return quote(`${method}${hosts.join(',')}${pattern}`);
}
