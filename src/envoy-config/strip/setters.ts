import { identityHeaders } from '../../config/sections/identity/identity.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import { allOverrides, type RouteTable } from '../routes/route-table.ts';

/** What a client can choose, in Envoy's format; not what Sallyport itself said. */
const FROM_CLIENT =
  /%(?:REQ|REQUEST_HEADER|PATH|QUERY_PARAMS?|CEL|COALESCE|FILTER_STATE|REQUESTED_SERVER_NAME|DYNAMIC_METADATA)\b(?!\(envoy\.filters\.http\.ext_authz[:)])/;

/**
 * Checks that nothing in Envoy sets an identity header itself. Behind ext_authz services read it beside, or in place of, what
 * Sallyport set. In front of it services read it where Sallyport sets nothing.
 *
 * @param isKept whether some request reaches a service with an identity header as the filters in front of ext_authz left it.
 */
export function checkSetters(context: CheckContext, checked: CheckedManager, isKept: boolean): void {
  const { node, filters, askedAt, routes } = checked;
  const early = node.get('early_header_mutation_extensions')?.items() ?? [];
  const ahead = [
    ...early.flatMap((one) => one.get('typed_config')?.unwrapped().get('mutations')?.items() ?? []),
    ...filters.slice(0, askedAt).flatMap((filter) => mutationsOf(filter, routes)),
  ];
  const behind = [
    ...(routes === undefined
      ? []
      : levelsOf(routes).flatMap((level) => level.get('request_headers_to_add')?.items() ?? [])),
    ...filters.slice(askedAt + 1).flatMap((filter) => mutationsOf(filter, routes)),
  ];
  const identity = new Set(identityHeaders(context.config.identity));
  for (const one of ahead) judge(context, one, identity, isKept, 'where Sallyport sets none, services read this');
  for (const one of behind)
    judge(context, one, identity, true, 'services read this beside what Sallyport says, or in its place');
}

/** Refuses what a client may have a say in. All else is no forgery, but hardly meant. */
function judge(
  { findings }: CheckContext,
  mutation: ConfigNode,
  identity: ReadonlySet<string>,
  isRead: boolean,
  why: string,
): void {
  const header = mutation.get('append', 'header') ?? mutation.get('header');
  const name = header?.get('key');
  if (name?.text === undefined || !identity.has(name.text.toLowerCase().replaceAll(/[^a-z0-9]/g, '-'))) return;
  const isForged = FROM_CLIENT.test(header?.get('value')?.text ?? '');
  findings.judge(isRead && isForged, name, `${why}: remove ${name.text} here, or use another name`);
}

/** The changes of requests by a filter header_mutation, on any route. */
function mutationsOf({ kind, name, config }: HttpFilter, routes: RouteTable | undefined): readonly ConfigNode[] {
  if (kind !== 'header_mutation') return [];
  const own = routes === undefined ? [] : [...allOverrides(routes)].filter(([of]) => of === name);
  const configs = [...(config === undefined ? [] : [config]), ...own.map(([, override]) => override.config)];
  return configs.flatMap((one) => one.get('mutations', 'request_mutations')?.items() ?? []);
}

function levelsOf({ node, hosts }: RouteTable): readonly ConfigNode[] {
  const levels = hosts.flatMap((host) => [host.node, ...host.routes.flatMap((route) => route.levels)]);
  return [...new Map([node, ...levels].map((level) => [level.value, level])).values()];
}
