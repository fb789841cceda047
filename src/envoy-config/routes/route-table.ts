import { isMap } from '../../config/reading/draft.ts';
import type { ConfigNode } from '../reading/config-node.ts';

/** The routes of one connection manager. */
export interface RouteTable {
  /** The route configuration. */
  readonly node: ConfigNode;
  readonly hosts: readonly VirtualHost[];
}

export interface VirtualHost {
  readonly node: ConfigNode;
  /** Names in lower case, `*.suffix`, or `*`. */
  readonly domains: readonly string[];
  readonly routes: readonly EnvoyRoute[];
}

export interface EnvoyRoute {
  readonly node: ConfigNode;
  /** From the least to the most specific: the route configuration, the virtual host, the route, and each of its clusters. */
  readonly levels: readonly ConfigNode[];
  /** Whether a request that it matches reaches an upstream, and is not redirected or answered by Envoy. */
  readonly forwards: boolean;
}

export function readRouteTable(node: ConfigNode): RouteTable {
  const hosts = (node.get('virtual_hosts')?.items() ?? []).map((host) => ({
    node: host,
    domains: (host.get('domains')?.items() ?? []).map((domain) => (domain.text ?? '').toLowerCase()),
    routes: (host.get('routes')?.items() ?? []).map((route) => ({
      node: route,
      levels: [node, host, route, ...(route.get('route', 'weighted_clusters', 'clusters')?.items() ?? [])],
      forwards: route.get('direct_response') === undefined && route.get('redirect') === undefined,
    })),
  }));
  return { node, hosts };
}

/** What the levels of a route say of a filter. */
export interface FilterOverride {
  /** Where it is written. */
  readonly node: ConfigNode;
  /** Whether the filter is off. */
  readonly disabled: boolean;
  readonly config: ConfigNode;
}

/** The overrides of the filter of this name at the levels of a route, from the least to the most specific. */
export function overridesOf(name: string, levels: readonly ConfigNode[]): readonly FilterOverride[] {
  return levels.flatMap((level) => {
    const node = level.get('typed_per_filter_config');
    const [, written] = node?.entries().find(([key]) => key === name) ?? [];
    return written === undefined ? [] : [readOverride(written)];
  });
}

/** All overrides of a table, each with the name of its filter. */
export function* allOverrides({ node, hosts }: RouteTable): Iterable<readonly [name: string, FilterOverride]> {
  const levels = new Set([node, ...hosts.flatMap((host) => [host.node, ...host.routes.flatMap((one) => one.levels)])]);
  const seen = new Set<unknown>();
  for (const level of levels) {
    for (const [name, written] of level.get('typed_per_filter_config')?.entries() ?? []) {
      if (seen.has(written.value)) continue;
      if (isMap(written.value)) seen.add(written.value);
      yield [name, readOverride(written)];
    }
  }
}

function readOverride(node: ConfigNode): FilterOverride {
  const isWrapped = node.type?.endsWith('.FilterConfig') === true;
  const config = (isWrapped ? node.get('config') : node)?.unwrapped() ?? node;
  const disabled = [node, config].some((one) => one.get('disabled')?.isTrue === true);
  return { node, disabled, config };
}
