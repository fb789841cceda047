import type { CheckContext, CheckedManager } from '../context.ts';
import { mayAsk } from '../ext-authz/sallyport-filter.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { FilterChain } from '../reading/http-filter.ts';
import type { EnvoySetup } from '../reading/setup.ts';
import { readRouteTable } from '../routes/route-table.ts';

/** A list of filters of a connection manager. */
type Chain = FilterChain & { readonly node: ConfigNode };

/**
 * Reports the listeners that ask Sallyport about no request.
 *
 * @param first the first of the files, for what is in none of them.
 */
export function checkUnaskedListeners(
  { findings, setup }: CheckContext,
  first: ConfigNode,
  chains: readonly Chain[],
  checked: readonly CheckedManager[],
): void {
  if (checked.length === 0) {
    if (chains.length === 0) {
      findings.refuse(first, 'no HTTP connection manager: expected the configuration of an Envoy');
    } else if (!chains.some(({ filters }) => filters.some(mayAsk))) {
      const what = 'Envoy asks Sallyport about no request';
      findings.refuse(first, `${what}: add envoy.filters.http.ext_authz, as in envoy.yaml`);
    }
    return;
  }
  const asking = new Set(checked.map(({ filters }) => filters));
  const managers = new Set(checked.map(({ node }) => node));
  for (const { node, upgrade, filters } of chains.filter((one) => !asking.has(one.filters))) {
    if (filters.some(mayAsk) || !forwards(node, setup)) continue;
    if (upgrade === undefined) {
      findings.warn(node.get('http_filters') ?? node, 'this listener asks Sallyport about no request');
    } else if (managers.has(node)) {
      const why = 'requests with this upgrade pass these filters instead, and Envoy does not ask about them';
      findings.refuse(upgrade.get('filters') ?? upgrade, `${why}: remove the list, or add ext_authz to it`);
    }
  }
  warnOfTcp({ findings, setup }, checked);
}

/** Whether some request can reach a service; true if the files do not contain the routes. */
function forwards(manager: ConfigNode, setup: EnvoySetup): boolean {
  const name = manager.get('rds', 'route_config_name')?.text;
  const written = manager.get('route_config') ?? setup.routeConfigs.get(name ?? '\n');
  if (written === undefined || written.get('vhds') !== undefined) return true;
  return readRouteTable(written).hosts.some(({ routes }) => routes.some((route) => route.forwards));
}

/** Bytes that a listener passes on are requests that Sallyport never sees. */
function warnOfTcp({ findings, setup }: Pick<CheckContext, 'findings' | 'setup'>, checked: readonly CheckedManager[]) {
  const guarded = new Set(
    checked
      .flatMap(({ routes }) => routes?.hosts ?? [])
      .flatMap(({ routes }) => routes)
      .flatMap(({ node, levels }) => [node.get('route', 'cluster')?.text, levels.at(-1)?.get('name')?.text]),
  );
  for (const proxy of setup.tcpProxies) {
    const ways = proxy.get('weighted_clusters', 'clusters')?.items() ?? [];
    const clusters = [proxy.get('cluster'), ...ways.map((way) => way.get('name'))];
    for (const cluster of clusters) {
      if (cluster?.text === undefined || !guarded.has(cluster.text)) continue;
      const why = `clients reach ${cluster.text} here without a question, although another listener asks about its requests`;
      findings.warn(cluster, `${why}: remove this, or keep clients away from this listener`);
    }
  }
}
