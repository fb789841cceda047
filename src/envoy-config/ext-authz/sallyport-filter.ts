import type { Listener } from '../../config/config.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';

/**
 * Finds the filter that asks Sallyport: the first ext_authz whose cluster is named so or has the address of a listener, or
 * the first ext_authz of all.
 */
export function findSallyport(
  { config, setup, findings }: CheckContext,
  filters: readonly HttpFilter[],
): Pick<CheckedManager, 'askedAt' | 'asking'> | undefined {
  const asking = filters.flatMap((filter, index) => {
    const { kind, config: own } = filter;
    return kind === 'ext_authz' && own !== undefined ? [{ askedAt: index, asking: { ...filter, config: own } }] : [];
  });
  const ports = [config.listen.extAuthz, config.listen.verify].map(portOf);
  const isSallyport = ({ asking: { config: own } }: (typeof asking)[number]): boolean => {
    const name = clusterOf(own);
    const cluster = setup.clusters.get(name ?? '');
    return (
      name?.toLowerCase().includes('sallyport') === true || endpointPorts(cluster).some((one) => ports.includes(one))
    );
  };
  for (const { node, runs, kind } of filters) {
    if (kind !== 'ext_authz' && runs.has('ext_authz')) {
      findings.miss(node, 'whether this filter asks depends on the request: it is not checked');
    } else if (kind === 'ext_authz' && runs.size === 0) {
      findings.miss(node, 'the configuration of this ext_authz is in none of the files');
    }
  }
  return asking.find(isSallyport) ?? asking[0];
}

function clusterOf(config: ConfigNode): string | undefined {
  return (
    config.get('grpc_service', 'envoy_grpc', 'cluster_name')?.text ??
    config.get('http_service', 'server_uri', 'cluster')?.text
  );
}

function portOf(listener: Listener | undefined): number | undefined {
  return listener !== undefined && 'port' in listener.address ? listener.address.port : undefined;
}

function endpointPorts(cluster: ConfigNode | undefined): readonly (number | undefined)[] {
  const localities = cluster?.get('load_assignment', 'endpoints')?.items() ?? [];
  return localities
    .flatMap((one) => one.get('lb_endpoints')?.items() ?? [])
    .flatMap((one) => one.get('endpoint', 'address', 'socket_address', 'port_value')?.number ?? []);
}
