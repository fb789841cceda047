import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../test/support/servers/ports.ts';
import { startProcess, untilReady } from '../../test/support/servers/process.ts';
import { findEnvoy } from '../../tools/envoy.ts';
import { PARTNER } from './checks.ts';
import { pin } from './cpu.ts';

/** A listener of Envoy that answers by itself each request that its filters let pass. */
export interface Way {
  readonly name: string;
  readonly filters: readonly object[];
  /** Of the route configuration. */
  readonly perRoute?: Readonly<Record<string, object>>;
  /** Further keys of the connection manager. */
  readonly manager?: Readonly<Record<string, unknown>>;
}

export interface RunningGateway {
  readonly pid: number;
  /** The port of a way. */
  portOf(name: string): number;
  close(): Promise<void>;
}

const TYPES = 'type.googleapis.com/envoy.extensions';
const ROUTER = filter('envoy.filters.http.router', 'filters.http.router.v3.Router', {});

/** Starts an Envoy with one worker thread on one core, with a listener for each way and a cluster for each server. */
export async function startGateway(
  ways: readonly Way[],
  servers: Readonly<Record<string, number>>,
  core: number,
): Promise<RunningGateway> {
  const { path } = await findEnvoy();
  const ports = await freePorts(ways.length);
  const listeners = ways.map((way, index) => listenerOf(way, ports[index] ?? 0));
  const clusters = Object.entries(servers).map(([name, port]) => clusterOf(name, port));
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-envoy-'));
  const file = join(folder, 'envoy.json');
  await writeFile(file, JSON.stringify({ static_resources: { listeners, clusters } }));
  const flags = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning', '--use-dynamic-base-id'];
  const envoy = startProcess({ command: path, args: ['-c', file, ...flags] });
  await untilReady(envoy, ports);
  const { pid } = envoy;
  if (pid === undefined) throw new Error('Envoy has no process');
  await pin(pid, core);
  const close = async (): Promise<void> => {
    await envoy.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { pid, portOf: (name) => ports[ways.findIndex((way) => way.name === name)] ?? 0, close };
}

function filter(name: string, type: string, config: object): object {
  return { name, typed_config: { '@type': `${TYPES}.${type}`, ...config } };
}

/** Asks a server about each request. It has time, because a busy machine must not count as a denial. */
export function asks(server: string, more: object = {}): object {
  return filter('envoy.filters.http.ext_authz', 'filters.http.ext_authz.v3.ExtAuthz', {
    transport_api_version: 'V3',
    grpc_service: { envoy_grpc: { cluster_name: clusterName(server) }, timeout: '2s' },
    failure_mode_allow: false,
    encode_raw_headers: true,
    ...more,
  });
}

/** Envoy's own check of the same tokens: the signature, issuer, audience and expiry, then the scope. It knows no revocation. */
export function checksByItself(cache: boolean): object[] {
  const key = { kty: 'oct', alg: 'HS256', k: Buffer.from(PARTNER.secret).toString('base64url') };
  const provider = {
    issuer: PARTNER.issuer,
    audiences: [PARTNER.audience],
    local_jwks: { inline_string: JSON.stringify({ keys: [key] }) },
    payload_in_metadata: 'payload',
    claim_to_headers: [
      { header_name: 'x-auth-subject', claim_name: 'sub' },
      { header_name: 'x-auth-token-id', claim_name: 'jti' },
      { header_name: 'x-auth-issuer', claim_name: 'iss' },
    ],
    ...(cache ? { jwt_cache_config: { jwt_cache_size: 10_000 } } : {}),
  };
  const holdsScope = {
    filter: 'envoy.filters.http.jwt_authn',
    path: [{ key: 'payload' }, { key: 'scopes' }],
    value: { list_match: { one_of: { string_match: { exact: 'messages:list' } } } },
  };
  const isList = [
    { header: { name: ':method', string_match: { exact: 'GET' } } },
    { url_path: { path: { exact: '/3rdparty/v1/messages' } } },
  ];
  const policy = { permissions: [{ and_rules: { rules: isList } }], principals: [{ metadata: holdsScope }] };
  return [
    filter('envoy.filters.http.jwt_authn', 'filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: { partner: provider },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'partner' } }],
    }),
    filter('envoy.filters.http.rbac', 'filters.http.rbac.v3.RBAC', {
      rules: { action: 'ALLOW', policies: { list: policy } },
    }),
  ];
}

function listenerOf({ name, filters, perRoute, manager: more }: Way, port: number): object {
  const manager = {
    ...more,
    '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'bench',
    codec_type: 'HTTP2',
    http2_protocol_options: { max_concurrent_streams: 1_000 },
    generate_request_id: true,
    http_filters: [...filters, ROUTER],
    route_config: {
      ...(perRoute === undefined ? {} : { typed_per_filter_config: perRoute }),
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
        },
      ],
    },
  };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  };
}

/** It is the authority of the calls, too. */
function clusterName(server: string): string {
  return server.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function clusterOf(server: string, port: number): object {
  const name = clusterName(server);
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: port } } };
  return {
    name,
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
}
