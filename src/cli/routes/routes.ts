import type { Config } from '../../config/config.ts';
import { conditionsText } from '../../core/condition/conditions-text.ts';
import { AUTHORIZATION_ALONE, placesText, writtenPlaces } from '../../core/credential/places/places.ts';
import { isPlainMethod } from '../../core/method.ts';
import { readPath } from '../../core/path.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Route } from '../../core/route.ts';
import { RouteMap } from '../../core/route.ts';
import { needsText } from '../../core/scope.ts';
import { needsOf } from '../../explanation/decision-steps.ts';
import type { Terminal } from '../command.ts';
import { CommandError, requireConfig, UsageError } from '../command.ts';
import { defineCommand } from '../command-definition.ts';
import { show as present } from '../terminal/json.ts';
import { tableOf } from '../terminal/table.ts';
import { compareWithDocument, writeFromDocument } from './openapi.ts';

/** Shows the route map, or the route that a request matches. */
export const routes = defineCommand('routes', {
  summary: 'show the route map, or the route that a request matches; compare it with an OpenAPI document',
  forms: [
    '',
    'METHOD PATH [--host HOST]',
    '--openapi FILE [--server URL] [--hosts]',
    '--from-openapi FILE [--server URL] [--hosts]',
  ],
  details: `Without a request, prints all routes in the order of the configuration. With one, prints the route that it
matches, or exits with 1 if there is none.

--openapi compares the map with a document of OpenAPI 3.0 or 3.1, in YAML or JSON, and exits with 1 if an
operation has no rule, a rule has no operation, or their scopes differ. --from-openapi writes the routes of a
document as a file for include. An operation about which the document does not say enough gets no route, only
a comment. With --config, it leaves out the scopes that the configuration defines.`,
  json: '[{hosts, methods, path, requirement, tools, resource, where, bound, issuers, credentials, basic, pagesOf, shadow, file, line}], with one element for METHOD PATH. --openapi: {agrees, operationsWithoutRule, rulesWithoutOperation, scopesDiffer, undecided, widerRules, operations, rulesElsewhere}. --from-openapi: {yaml, written, undecided}',
  options: {
    host: { type: 'string', placeholder: 'HOST', help: 'the host of the request; by default none' },
    openapi: { type: 'string', placeholder: 'FILE', help: 'compare the route map with this OpenAPI document' },
    'from-openapi': { type: 'string', placeholder: 'FILE', help: 'write the routes of this OpenAPI document' },
    server: { type: 'string', placeholder: 'URL', help: "where the API is served, in place of the document's servers" },
    hosts: { type: 'boolean', help: 'the hosts of the servers count; by default, only their paths do' },
  },
  run({ config: file, positionals, values }, terminal) {
    const [method, target, ...rest] = positionals;
    const { openapi, 'from-openapi': source } = values;
    if (openapi !== undefined || source !== undefined) {
      return Promise.resolve(runWithDocument(openapi, source, file, { positionals, values }, terminal));
    }
    const stray = (['server', 'hosts'] as const).find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} needs --openapi or --from-openapi`);
    if (rest.length > 0 || (method === undefined) !== (target === undefined))
      throw new UsageError('expected METHOD and PATH');
    if (method === undefined && values.host !== undefined) throw new UsageError('--host needs METHOD and PATH');
    const config = requireConfig(file, terminal.env);
    if (method === undefined || target === undefined) {
      show(config.routes, config, terminal);
      return Promise.resolve(0);
    }
    const { host = '' } = values;
    show([match(new RouteMap(config.routes), { method, host, path: target })], config, terminal);
    return Promise.resolve(0);
  },
});

/** One of the two documents is given. */
function runWithDocument(
  openapi: string | undefined,
  source: string | undefined,
  config: string,
  { positionals, values }: { readonly positionals: readonly string[]; readonly values: DocumentValues },
  terminal: Terminal,
): number {
  const option = openapi === undefined ? '--from-openapi' : '--openapi';
  if (openapi !== undefined && source !== undefined) {
    throw new UsageError('--openapi and --from-openapi cannot be used together');
  }
  if (positionals.length > 0 || values.host !== undefined) throw new UsageError(`${option} takes no request`);
  if (openapi !== undefined) return compareWithDocument(openapi, values, config, terminal);
  // The option itself, because the default need not exist.
  const written = 'config' in values ? config : undefined;
  return writeFromDocument(source ?? '', values, written, terminal);
}

interface DocumentValues {
  readonly host?: string;
  readonly server?: string;
  readonly hosts?: boolean;
}

function match(map: RouteMap, { method, host, path: target }: Pick<AccessRequest, 'method' | 'host' | 'path'>): Route {
  if (!isPlainMethod(method)) throw new CommandError('path_rejected: a method is an upper-case word such as GET');
  const path = readPath(target);
  const found = path === undefined ? 'ambiguous' : map.match(host, method, path);
  if (found === 'ambiguous') throw new CommandError('path_rejected: two parsers could read this path differently');
  if (found === 'none') throw new CommandError('route_denied: no route matches');
  return found;
}

/** A column of the table. */
interface Column {
  readonly heading: string;
  readonly cell: (route: Route) => string;
  /** Whether it is left out if no route has anything in it. */
  readonly isRare?: true;
}

const NOTHING = '-';

const COLUMNS: readonly Column[] = [
  { heading: 'HOSTS', cell: ({ hosts }) => listed(hosts, 'any') },
  { heading: 'METHODS', cell: ({ methods }) => listed(methods, 'any') },
  { heading: 'PATH', cell: ({ pattern }) => pattern },
  { heading: 'NEEDS', cell: (route) => needsOf(route) },
  { heading: 'TOOLS', cell: toolsOf, isRare: true },
  { heading: 'RESOURCE', cell: ({ resource }) => resource?.name ?? NOTHING, isRare: true },
  { heading: 'WHERE', cell: ({ where }) => (where === undefined ? NOTHING : conditionsText(where)), isRare: true },
  { heading: 'BOUND', cell: ({ bound }) => bound ?? NOTHING, isRare: true },
  { heading: 'ISSUERS', cell: ({ issuers }) => listed(issuers ?? [], 'any') },
  {
    heading: 'CREDENTIALS',
    cell: ({ credentialPlaces: places }) => (places === undefined ? NOTHING : placesText(places)),
    isRare: true,
  },
  { heading: 'BASIC', cell: ({ basic }) => (basic ? 'yes' : NOTHING) },
  { heading: 'PAGES OF', cell: pagesOf, isRare: true },
  { heading: 'SHADOW', cell: ({ shadow }) => (shadow ? 'yes' : NOTHING) },
];

function show(list: readonly Route[], { routePlaces }: Config, terminal: Terminal): void {
  const files = new Set(Array.from(routePlaces.values(), ({ file }) => file));
  const place = (route: Route): string => {
    const { file, line } = routePlaces.get(route) ?? { file: NOTHING, line: 0 };
    // Without included files, the place says nothing new.
    return files.size < 2 ? NOTHING : `${file}:${line}`;
  };
  const columns = [...COLUMNS, { heading: 'FROM', cell: place, isRare: true }].filter(
    ({ cell, isRare }) => !isRare || list.some((route) => cell(route) !== NOTHING),
  );
  const rows = list.map((route) => columns.map(({ cell }) => cell(route)));
  present(
    terminal,
    list.map((route) => ({ ...viewOf(route), ...routePlaces.get(route) })),
    () => tableOf([columns.map(({ heading }) => heading), ...rows]),
  );
}

/** The origins of the pages that may call a route. */
function originsOf({ cors }: Route): readonly string[] {
  if (cors === undefined) return [];
  const { every, exact, below } = cors.origins;
  return every ? ['*'] : [...exact, ...below.map(({ scheme, suffix }) => `${scheme}*${suffix}`)];
}

function pagesOf(route: Route): string {
  return listed(originsOf(route), NOTHING);
}

function viewOf(route: Route) {
  const {
    hosts,
    methods,
    pattern,
    requirement,
    mcp,
    resource,
    where,
    bound,
    issuers,
    credentialPlaces,
    basic,
    shadow,
  } = route;
  return {
    hosts,
    methods,
    path: pattern,
    requirement,
    tools: mcp === undefined ? null : Object.fromEntries(mcp.tools),
    resource: resource?.name ?? null,
    where: where === undefined ? null : conditionsText(where),
    bound: bound ?? null,
    issuers: issuers === undefined ? null : [...issuers],
    credentials: writtenPlaces(credentialPlaces ?? AUTHORIZATION_ALONE),
    basic,
    pagesOf: originsOf(route),
    shadow,
  };
}

/** What a call of each tool needs in all. */
function toolsOf({ mcp }: Route): string {
  const tools = Array.from(mcp?.tools ?? [], ([tool, requirement]) => `${tool}: ${needsText(requirement)}`);
  return tools.join('; ') || NOTHING;
}

function listed(names: Iterable<string>, none: string): string {
  return [...names].join(',') || none;
}
