import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findEnvoy } from '../../../tools/envoy.ts';
import type { Program } from '../../../tools/program.ts';
import { freePorts } from './ports.ts';
import { startProcess, untilReady } from './process.ts';

const ENVOY_YAML = new URL('../../../envoy.yaml', import.meta.url);

/** One listener of the Envoy under test: that of envoy.yaml with two of its properties on or off. */
export interface Gateway {
  /** For test names. */
  readonly name: string;
  readonly port: number;
  /** Whether Envoy normalises paths, refuses names with underscores and removes identity headers before the check. */
  readonly normalises: boolean;
  readonly rawHeaders: boolean;
  /** Edits the listener further, in place. */
  readonly edit?: (manager: ConnectionManager) => void;
  /** A folder with the certificates `gateway` and `clients` of `certify()`: TLS, and clients may show a certificate. */
  readonly clientCertificates?: string;
}

type ListenerName = Omit<Gateway, 'port'>;

/** A constant, so that tests can be listed before Envoy runs. */
export const GATEWAYS: readonly ListenerName[] = [true, false].flatMap((normalises) =>
  [true, false].map((rawHeaders) => ({
    name: `normalisation ${normalises ? 'on' : 'off'}, encode_raw_headers ${rawHeaders ? 'on' : 'off'}`,
    normalises,
    rawHeaders,
  })),
);

export interface RunningEnvoy {
  readonly pid: number | undefined;
  /** In the order of the options. */
  readonly gateways: readonly Gateway[];
  /** Returns everything that it has written, including its access log. */
  output(): string;
  /** Reads its counters and gauges whose names begin so. */
  stats(prefix: string): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

/** The ports of the upstreams, by the name of the cluster in envoy.yaml. */
export type Upstreams = Readonly<
  Record<'tokens' | 'messages' | 'devices', number> & { sallyport: number | readonly number[] }
>;

export interface EnvoyOptions {
  /** {@link GATEWAYS} by default. */
  readonly listeners?: readonly ListenerName[];
  /** A folder with the certificates `envoy` and `sallyport` of `certify()`, for mutual TLS with Sallyport. */
  readonly certificates?: string;
  /** The program; by default that of `findEnvoy()`. */
  readonly program?: Program;
  /** Edits the cluster of Sallyport, in place. */
  readonly editSallyport?: (cluster: Cluster) => void;
  /** How many worker threads it has; 1 by default. */
  readonly concurrency?: number;
  /** The port of an OTLP receiver to which Envoy sends the traces that it begins or continues. */
  readonly traces?: number;
}

/** Starts an Envoy with a listener for each gateway, on free ports of the loopback address. */
export async function startEnvoy(upstreams: Upstreams, options: EnvoyOptions = {}): Promise<RunningEnvoy> {
  const { path } = options.program ?? (await findEnvoy());
  const { listeners = GATEWAYS, concurrency = 1 } = options;
  const [admin = 0, ...ports] = await freePorts(listeners.length + 1);
  const gateways = listeners.map((gateway, index) => ({ ...gateway, port: ports[index] ?? 0 }));
  const config = JSON.stringify({ ...configFor(gateways, upstreams, options), admin: { address: loopback(admin) } });
  const flags = ['--disable-hot-restart', '--concurrency', String(concurrency), '--log-level', 'warning'];
  const args = ['--config-yaml', config, ...flags, '--file-flush-interval-msec', '50'];
  const envoy = startProcess({ command: path, args });
  await untilReady(envoy, ports);
  return {
    pid: envoy.pid,
    gateways,
    output: () => envoy.output(),
    stats: (prefix) => readStats(admin, prefix),
    close: async () => void (await envoy.stop()),
  };
}

async function readStats(port: number, prefix: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/stats?filter=${encodeURIComponent(`^${prefix}`)}`);
  const lines = (await answer.text()).split('\n').map((line) => line.split(': '));
  return new Map(lines.map(([name = '', value]) => [name, Number(value)]));
}

function loopback(port_value: number): Address {
  return { socket_address: { address: '127.0.0.1', port_value } };
}

/** The parts of envoy.yaml that are edited here. */
interface EnvoyConfig {
  static_resources: { listeners: Listener[]; clusters: Cluster[] };
}
interface Listener {
  name: string;
  address: Address;
  filter_chains: [{ filters: [{ typed_config: ConnectionManager }]; transport_socket?: object }];
}
export interface ConnectionManager {
  early_header_mutation_extensions?: unknown[];
  normalize_path: boolean;
  merge_slashes: boolean;
  path_with_escaped_slashes_action: string;
  forward_client_cert_details?: string;
  common_http_protocol_options: { headers_with_underscores_action: string };
  http_filters: [{ typed_config: ExtAuthz }, ...unknown[]] & unknown[];
  tracing?: object;
  upgrade_configs?: object[];
  delayed_close_timeout?: string;
  access_log: [{ typed_config: { log_format: { json_format: Record<string, string> } } }];
  route_config: {
    typed_per_filter_config?: Record<string, unknown>;
    response_headers_to_add?: object[];
    virtual_hosts: [{ routes: Route[] }];
  };
}
export interface Route {
  match: object;
  route?: object;
  typed_per_filter_config?: object;
}
interface ExtAuthz {
  encode_raw_headers: boolean;
  failure_mode_allow: boolean;
  include_peer_certificate?: boolean;
  grpc_service: { timeout: string };
  with_request_body?: object;
  allowed_headers?: object;
  disallowed_headers?: object;
}
export interface Cluster {
  name: keyof Upstreams;
  transport_socket?: object;
  typed_extension_protocol_options?: Record<string, Record<string, unknown>>;
  load_assignment: { endpoints: [{ lb_endpoints: { endpoint: { address: Address } }[] }] };
}
interface Address {
  socket_address?: { address: string; port_value: number };
  pipe?: { path: string };
}

function configFor(
  gateways: readonly Gateway[],
  upstreams: Upstreams,
  { certificates, traces, editSallyport }: EnvoyOptions,
): EnvoyConfig {
  // Envoy rejects a file of another form.
  const config = parse(readFileSync(ENVOY_YAML, 'utf8')) as EnvoyConfig;
  const { listeners, clusters } = config.static_resources;
  const [original] = listeners;
  if (original === undefined) throw new Error('envoy.yaml has no listener');
  for (const { name, load_assignment } of clusters) {
    load_assignment.endpoints[0].lb_endpoints = [upstreams[name]].flat().map((port_value) => ({
      endpoint: { address: loopback(port_value) },
    }));
  }
  if (certificates !== undefined) showCertificate(clusters, certificates);
  const sallyport = clusters.find(({ name }) => name === 'sallyport');
  if (sallyport !== undefined) editSallyport?.(sallyport);
  config.static_resources.listeners = gateways.map((gateway) => listenerFor(gateway, original));
  if (traces !== undefined) sendTraces(config, traces);
  return config;
}

/** Makes Envoy trace every request, with its own OpenTelemetry tracer, and name the trace in its access log. */
function sendTraces({ static_resources }: EnvoyConfig, port_value: number): void {
  const cluster = 'otlp';
  const address = loopback(port_value);
  const receiver = {
    name: cluster,
    type: 'STATIC',
    load_assignment: { cluster_name: cluster, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
  // Its name is none of those that envoy.yaml has.
  (static_resources.clusters as object[]).push(receiver);
  const uri = `http://127.0.0.1:${port_value}/v1/traces`;
  for (const { filter_chains } of static_resources.listeners) {
    const manager = filter_chains[0].filters[0].typed_config;
    manager.access_log[0].typed_config.log_format.json_format['traceId'] = '%TRACE_ID%';
    manager.tracing = {
      spawn_upstream_span: true,
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
          service_name: 'envoy',
          http_service: { http_uri: { uri, cluster, timeout: '1s' } },
        },
      },
    };
  }
}

/** Makes Envoy connect to Sallyport by mutual TLS. */
function showCertificate(clusters: readonly Cluster[], folder: string): void {
  const sallyport = clusters.find(({ name }) => name === 'sallyport');
  if (sallyport === undefined) throw new Error('envoy.yaml has no cluster sallyport');
  const file = (name: string) => ({ filename: join(folder, name) });
  sallyport.transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file('envoy.pem'), private_key: file('envoy.key') }],
        validation_context: { trusted_ca: file('sallyport.pem') },
      },
    },
  };
}

function listenerFor(gateway: Gateway, original: Listener): Listener {
  const { name, port, normalises, rawHeaders, edit, clientCertificates } = gateway;
  const listener = structuredClone(original);
  const manager = listener.filter_chains[0].filters[0].typed_config;
  listener.name = name;
  listener.address = loopback(port);
  if (!normalises) {
    manager.normalize_path = false;
    manager.merge_slashes = false;
    manager.path_with_escaped_slashes_action = 'KEEP_UNCHANGED';
    manager.common_http_protocol_options.headers_with_underscores_action = 'ALLOW';
    delete manager.early_header_mutation_extensions;
  }
  const extAuthz = manager.http_filters[0].typed_config;
  extAuthz.encode_raw_headers = rawHeaders;
  // Hashing passwords is slow while tests run in parallel.
  extAuthz.grpc_service.timeout = '10s';
  edit?.(manager);
  if (clientCertificates !== undefined) listener.filter_chains[0].transport_socket = clientTls(clientCertificates);
  return listener;
}

function clientTls(folder: string): object {
  const file = (name: string) => ({ filename: join(folder, name) });
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file('gateway.pem'), private_key: file('gateway.key') }],
        validation_context: { trusted_ca: file('clients.pem') },
      },
    },
  };
}
