import type { ConfigNode } from './config-node.ts';

/** The parts of Envoy's configuration that concern Sallyport, out of all files. */
export interface EnvoySetup {
  /** The HTTP connection managers of all listeners. */
  readonly managers: readonly ConfigNode[];
  readonly clusters: ReadonlyMap<string, ConfigNode>;
  /** Route configurations that stand by themselves, as RDS has them. */
  readonly routeConfigs: ReadonlyMap<string, ConfigNode>;
  /** The configurations of filters that stand by themselves, as ECDS has them. */
  readonly filterConfigs: ReadonlyMap<string, ConfigNode>;
  /** The places that name a source of listeners or clusters outside the files. */
  readonly sources: readonly ConfigNode[];
}

/** What Envoy's `/config_dump` shows besides what is in force. */
const NOT_IN_FORCE = new Set(['warming_state', 'draining_state', 'error_state']);

/**
 * Collects the parts of a bootstrap, of a listener, a cluster or a route configuration, of a file of resources as xDS has
 * them, or of what `/config_dump` prints. Finds them by their types and by what they have, so that the form of the
 * document does not matter.
 */
export function readSetup(files: readonly ConfigNode[]): EnvoySetup {
  const found: Found = {
    managers: [],
    clusters: new Map(),
    routeConfigs: new Map(),
    filterConfigs: new Map(),
    sources: [],
  };
  for (const file of files) collect(file, found);
  return found;
}

interface Found {
  readonly managers: ConfigNode[];
  readonly clusters: Map<string, ConfigNode>;
  readonly routeConfigs: Map<string, ConfigNode>;
  readonly filterConfigs: Map<string, ConfigNode>;
  readonly sources: ConfigNode[];
}

/** What a bootstrap in a dump holds, the dump holds again. */
function isRepeated(node: ConfigNode): boolean {
  return node.type === 'envoy.admin.v3.BootstrapConfigDump';
}

function collect(node: ConfigNode, found: Found): void {
  if (isRepeated(node) || isKnown(node, found)) return;
  for (const source of ['lds_config', 'cds_config', 'ads_config']) {
    const written = node.get('dynamic_resources', source);
    if (written !== undefined) found.sources.push(written);
  }
  for (const [name, member] of node.entries()) if (!NOT_IN_FORCE.has(name)) collect(member, found);
  for (const item of node.items()) collect(item, found);
}

/** Takes a part by its type, or by what it has. */
function isKnown(node: ConfigNode, found: Found): boolean {
  const type = node.type ?? '';
  if (type.endsWith('.HttpConnectionManager')) found.managers.push(node.asBase());
  else if (type === 'envoy.config.cluster.v3.Cluster' || isCluster(node)) keep(found.clusters, node.asTop());
  else if (node.get('virtual_hosts') !== undefined) keep(found.routeConfigs, node.asTop());
  else if (type === 'envoy.config.core.v3.TypedExtensionConfig') {
    const config = node.get('typed_config');
    if (config !== undefined) keep(found.filterConfigs, config.asTop(), node.get('name')?.text);
  } else return false;
  return true;
}

function keep(parts: Map<string, ConfigNode>, node: ConfigNode, name = node.get('name')?.text): void {
  parts.set(name ?? '', node);
}

function isCluster(node: ConfigNode): boolean {
  const parts = ['load_assignment', 'eds_cluster_config', 'connect_timeout', 'cluster_type'];
  return node.get('name') !== undefined && parts.some((part) => node.get(part) !== undefined);
}
