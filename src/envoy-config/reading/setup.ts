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
  /** The places that name a source of listeners, of their filters or of clusters outside the files. */
  readonly sources: readonly ConfigNode[];
  /** The filters that pass bytes on without reading requests. */
  readonly tcpProxies: readonly ConfigNode[];
  /** The maps that hold a field under both of its names. */
  readonly ambiguous: readonly ConfigNode[];
}

/** What Envoy's `/config_dump`, or Istio's in camelCase, shows besides what is in force. */
const NOT_IN_FORCE = new Set(['warmingstate', 'drainingstate', 'errorstate']);
/** These read the first bytes of a connection and pass nothing on. */
const LISTENER_FILTERS = 'listenerfilters';
const MANAGER = '.HttpConnectionManager';

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
    tcpProxies: [],
    ambiguous: [],
    discovered: [],
    extensions: new Set(),
  };
  for (const file of files) {
    collect(file, found);
    found.ambiguous.push(...ambiguousIn(file));
  }
  for (const { name, source } of found.discovered) if (!found.extensions.has(name)) found.sources.push(source);
  return found;
}

interface Found {
  readonly managers: ConfigNode[];
  readonly clusters: Map<string, ConfigNode>;
  readonly routeConfigs: Map<string, ConfigNode>;
  readonly filterConfigs: Map<string, ConfigNode>;
  readonly sources: ConfigNode[];
  readonly tcpProxies: ConfigNode[];
  readonly ambiguous: ConfigNode[];
  /** Filters of connections that come by ECDS. */
  readonly discovered: { readonly name: string | undefined; readonly source: ConfigNode }[];
  /** The names of all that the files have as ECDS has it. */
  readonly extensions: Set<string | undefined>;
}

function* ambiguousIn(node: ConfigNode): Iterable<ConfigNode> {
  if (node.twice().length > 0) yield node;
  for (const [, member] of node.entries()) yield* ambiguousIn(member);
  for (const item of node.items()) yield* ambiguousIn(item);
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
  const chains = node.get('fcds_config');
  if (chains !== undefined) found.sources.push(chains);
  // Those of HTTP filters are within a connection manager.
  const source = node.get('config_discovery');
  if (source !== undefined) found.discovered.push({ name: node.get('name')?.text, source });
  for (const [name, member] of node.entries()) {
    const plain = name.replaceAll('_', '').toLowerCase();
    if (!NOT_IN_FORCE.has(plain) && plain !== LISTENER_FILTERS) collect(member, found);
  }
  for (const item of node.items()) collect(item, found);
}

/** Takes a part by its type, or by what it has. */
function isKnown(node: ConfigNode, found: Found): boolean {
  const type = node.type ?? '';
  if (node.innerType?.endsWith(MANAGER) === true) found.managers.push(node.unwrapped().asBase());
  else if (node.innerType?.endsWith('.TcpProxy') === true) found.tcpProxies.push(node.unwrapped());
  else if (type === 'envoy.config.cluster.v3.Cluster' || isCluster(node)) keep(found.clusters, node.asTop());
  else if (node.get('virtual_hosts') !== undefined) keep(found.routeConfigs, node.asTop());
  else if (type === 'envoy.config.core.v3.TypedExtensionConfig') {
    found.extensions.add(node.get('name')?.text);
    const config = node.get('typed_config');
    if (config?.innerType?.endsWith(MANAGER) === true) found.managers.push(config.unwrapped().asBase());
    else if (config !== undefined) keep(found.filterConfigs, config.asTop(), node.get('name')?.text);
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
