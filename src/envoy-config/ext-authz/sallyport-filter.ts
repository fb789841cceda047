import type { Listener } from '../../config/config.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';

/** A filter that asks Sallyport, and where it is. */
export type Asking = Pick<CheckedManager, 'askedAt' | 'asking'>;

/**
 * Finds the filters that ask Sallyport: each ext_authz whose cluster is named so or has the address of a listener; if there
 * is none, the first ext_authz of all. Envoy Gateway makes one for each policy.
 */
export function findSallyport(
  { config, setup, findings }: CheckContext,
  filters: readonly HttpFilter[],
): readonly Asking[] {
  const asking = filters.flatMap((filter, index) => {
    const { kind, config: own } = filter;
    return kind === 'ext_authz' && own !== undefined ? [{ askedAt: index, asking: { ...filter, config: own } }] : [];
  });
  for (const { node, runs, kind, config: own } of filters) {
    if (kind !== 'ext_authz' && runs.has('ext_authz')) {
      findings.miss(node, 'whether this filter asks depends on the request: it is not checked');
    } else if (kind === 'ext_authz' && own === undefined) {
      findings.miss(node, 'the configuration of this ext_authz is in none of the files');
    }
  }
  const found = asking.filter(({ asking: { config: own } }) => isSallyport({ config, setup }, clusterOf(own)));
  return found.length > 0 ? found : asking.slice(0, 1);
}

/** Whether a cluster is that of Sallyport, by its name or by the port of an endpoint. */
export function isSallyport({ config, setup }: Pick<CheckContext, 'config' | 'setup'>, name = ''): boolean {
  const ports = [config.listen.extAuthz, config.listen.verify].map(portOf).filter((port) => port !== undefined);
  const own = endpointPorts(setup.clusters.get(name));
  return name.toLowerCase().includes('sallyport') || own.some((port) => ports.includes(port));
}

/** Whether a filter may ask someone, although it is not certain that it asks Sallyport. */
export function mayAsk({ runs }: HttpFilter): boolean {
  return runs.has('ext_authz');
}

export function clusterOf(config: ConfigNode): string | undefined {
  return (
    config.get('grpc_service', 'envoy_grpc', 'cluster_name')?.text ??
    config.get('http_service', 'server_uri', 'cluster')?.text
  );
}

function portOf(listener: Listener | undefined): number | undefined {
  return listener !== undefined && 'port' in listener.address ? listener.address.port : undefined;
}

function endpointPorts(cluster: ConfigNode | undefined): readonly number[] {
  const localities = cluster?.get('load_assignment', 'endpoints')?.items() ?? [];
  return localities
    .flatMap((one) => one.get('lb_endpoints')?.items() ?? [])
    .flatMap((one) => one.get('endpoint', 'address', 'socket_address', 'port_value')?.number ?? []);
}
