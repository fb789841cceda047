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

/** A route, or one of the ways of a route with weighted clusters. */
export interface EnvoyRoute {
  readonly node: ConfigNode;
  /** From the least to the most specific: the route configuration, the virtual host, the route, and its weighted cluster. */
  readonly levels: readonly ConfigNode[];
  /** Whether a matcher of the virtual host chooses it, by whatever that reads. */
  readonly isChosen: boolean;
  /** Whether a request that it matches reaches an upstream, and is not redirected or answered by Envoy. */
  readonly forwards: boolean;
}

export function readRouteTable(node: ConfigNode): RouteTable {
  const hosts = (node.get('virtual_hosts')?.items() ?? []).map((host) => ({
    node: host,
    domains: (host.get('domains')?.items() ?? []).map((domain) => (domain.text ?? '').toLowerCase()),
    routes: [
      ...(host.get('routes')?.items() ?? []).flatMap((route) => waysOf(route, [node, host, route], false)),
      ...chosenRoutes(host.get('matcher')).flatMap((route) => waysOf(route, [node, host, route], true)),
    ],
  }));
  return { node, hosts };
}

function waysOf(node: ConfigNode, levels: readonly ConfigNode[], isChosen: boolean): readonly EnvoyRoute[] {
  const forwards = node.get('direct_response') === undefined && node.get('redirect') === undefined;
  const clusters = node.get('route', 'weighted_clusters', 'clusters')?.items() ?? [];
  if (clusters.length === 0) return [{ node, levels, isChosen, forwards }];
  return clusters.map((cluster) => ({ node, levels: [...levels, cluster], isChosen, forwards }));
}

/** The routes among the actions of a matcher. */
function chosenRoutes(node: ConfigNode | undefined): readonly ConfigNode[] {
  if (node === undefined) return [];
  const config = node.unwrapped();
  if (node.innerType === 'envoy.config.route.v3.Route') return [config];
  if (node.innerType === 'envoy.config.route.v3.RouteList') return config.get('routes')?.items() ?? [];
  return [...node.entries().map(([, member]) => member), ...node.items()].flatMap(chosenRoutes);
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
  for (const level of levels) {
    for (const [name, written] of level.get('typed_per_filter_config')?.entries() ?? []) {
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
