import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import type { EnvoyRoute } from '../routes/route-table.ts';
import { overridesOf } from '../routes/route-table.ts';
import { KEPT } from './names.ts';

/** A kept answer is found by these, too. */
const KEY_HEADERS = new Set([':method', ':authority', 'host', 'authorization']);
/** By what a route can tell requests apart that a kept answer is the same for, besides other headers. */
const BEYOND_KEY = [
  'query_parameters',
  'cookies',
  'grpc',
  'tls_context',
  'dynamic_metadata',
  'filter_state',
  'runtime_fraction',
];

/**
 * Checks that no two routes share kept answers although Envoy asks differently on them: an answer is found by method, host,
 * path and credential, whatever else the routes match.
 */
export function checkKeptRoutes({ findings }: CheckContext, { asking, routes }: CheckedManager): void {
  for (const host of routes?.hosts ?? []) {
    const own = host.routes.filter((route) => route.forwards || !isOff(asking, route));
    for (const [index, route] of own.entries()) {
      const others = own.filter((_, other) => other !== index);
      const how = askingOf(asking, route);
      const differs = (other: EnvoyRoute): boolean => askingOf(asking, other) !== how && shareKey(route, other);
      const isSpecial = how !== PLAINLY;
      if (!isSpecial || keepsNothing(route) || !others.some(differs)) continue;
      const why =
        'Envoy asks differently here than on a route for the same path, but both use the answers that were kept for one';
      findings.refuse(
        route.levels.at(-1) ?? route.node,
        `${why}: add ${KEPT}: { "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute, disabled: true } to its typed_per_filter_config`,
      );
    }
  }
}

const PLAINLY = JSON.stringify([false, null, null]);

/** Whether Envoy does not ask on a route. If it does not send its requests on either, nothing is kept or passes there. */
function isOff({ name, node }: HttpFilter, { levels }: EnvoyRoute): boolean {
  return overridesOf(name, levels).at(-1)?.disabled ?? node.get('disabled')?.isTrue === true;
}

/** How Envoy asks on a route: whether it does, what it adds, and which service it asks. */
function askingOf(asking: HttpFilter, route: EnvoyRoute): string {
  const overrides = overridesOf(asking.name, route.levels);
  const settings = overrides.flatMap(({ config }) => config.get('check_settings') ?? []);
  const last = (field: string): unknown => settings.findLast((one) => one.get(field) !== undefined)?.get(field)?.value;
  return JSON.stringify([
    isOff(asking, route),
    last('context_extensions') ?? null,
    last('grpc_service') ?? last('http_service') ?? null,
  ]);
}

function keepsNothing({ levels }: EnvoyRoute): boolean {
  return overridesOf(KEPT, levels).at(-1)?.disabled === true;
}

/** Whether one request for a path can reach either of two routes. */
function shareKey(one: EnvoyRoute, other: EnvoyRoute): boolean {
  const [left, right] = [one, other].map(({ node }) => node.get('match'));
  if (left === undefined || right === undefined) return false;
  // Envoy chooses among weighted clusters by chance.
  if (one.node === other.node) return true;
  const isTold = one.isChosen || other.isChosen || [left, right].some(readsBeyondKey);
  return isTold && mayMeet(left, right);
}

function readsBeyondKey(match: ConfigNode): boolean {
  const headers = match.get('headers')?.items() ?? [];
  const isBeyond = headers.some((header) => !KEY_HEADERS.has(header.get('name')?.text?.toLowerCase() ?? ''));
  return isBeyond || BEYOND_KEY.some((field) => match.get(field) !== undefined);
}

/** Whether a path can match both; true where that is not certain. */
function mayMeet(one: ConfigNode, other: ConfigNode): boolean {
  const [left, right] = [prefixOf(one), prefixOf(other)];
  if (left === undefined || right === undefined) return true;
  if (left.isWhole && right.isWhole) return left.text === right.text;
  if (left.isWhole) return left.text.startsWith(right.text);
  if (right.isWhole) return right.text.startsWith(left.text);
  return left.text.startsWith(right.text) || right.text.startsWith(left.text);
}

function prefixOf(match: ConfigNode): { readonly text: string; readonly isWhole: boolean } | undefined {
  const path = match.get('path')?.text;
  if (path !== undefined) return { text: path, isWhole: true };
  const text = match.get('prefix')?.text ?? match.get('path_separated_prefix')?.text;
  return text === undefined ? undefined : { text, isWhole: false };
}
