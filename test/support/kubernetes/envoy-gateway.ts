import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEnvoy } from '../../../tools/envoy.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';

const RECORDED = new URL('envoy-gateway.json', import.meta.url);

/** The ports in the recorded configuration, and where they really are. */
export type PortsBehind = Readonly<Record<9191 | 9192 | 9301 | 9302, number>>;

export interface EnvoyGatewayOptions {
  readonly ports: PortsBehind;
  /** A folder with the certificates `ca` and `envoy` of `certify()`. */
  readonly certificates: string;
  /** Edits the configuration further, in place. */
  readonly edit?: (recorded: Recorded) => void;
}

/** The parts of what Envoy Gateway sends to Envoy that are edited here. `npm run overlays` does not write it: see its spec. */
export interface Recorded {
  readonly listener: {
    address: { socketAddress: { address: string; portValue: number } };
    readonly defaultFilterChain: { readonly filters: readonly [{ readonly typedConfig: GatewayManager }] };
  };
  readonly routes: object;
  readonly clusters: readonly GatewayCluster[];
  readonly endpoints: readonly { readonly clusterName: string; readonly endpoints: readonly Locality[] }[];
}
export interface GatewayManager {
  rds?: object;
  routeConfig?: object;
  earlyHeaderMutationExtensions?: readonly HeaderMutation[];
  pathWithEscapedSlashesAction: string;
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  readonly useRemoteAddress: boolean;
  readonly requestHeadersTimeout: string;
  readonly commonHttpProtocolOptions: { headersWithUnderscoresAction: string };
  readonly httpFilters: readonly { readonly name: string; readonly typedConfig: CheckFilter }[];
}
interface HeaderMutation {
  readonly typedConfig: { readonly mutations: readonly object[] };
}
interface CheckFilter {
  readonly grpcService?: { timeout: string };
  readonly encodeRawHeaders?: boolean;
  readonly failureModeAllow?: boolean;
  readonly statusOnError?: object;
}
interface GatewayCluster {
  readonly name: string;
  type: string;
  edsClusterConfig?: object;
  loadAssignment?: object;
  healthChecks?: readonly object[];
  readonly transportSocketMatches?: readonly { readonly transportSocket: { readonly typedConfig: UpstreamTls } }[];
}
interface UpstreamTls {
  readonly commonTlsContext: {
    tlsCertificates?: object[];
    tlsCertificateSdsSecretConfigs?: object;
    readonly combinedValidationContext?: {
      readonly defaultValidationContext: { trustedCa?: object };
      validationContextSdsSecretConfig?: object;
    };
    validationContext?: object;
  };
}
interface Locality {
  readonly lbEndpoints: readonly {
    readonly endpoint: { readonly address: { readonly socketAddress: { address: string; portValue: number } } };
  }[];
}

export interface RunningEnvoyGateway {
  readonly port: number;
  /** The port of Envoy's admin interface. */
  readonly adminPort: number;
  /** The file of the access log. */
  readonly log: string;
  output(): string;
  close(): Promise<void>;
}

export function readRecorded(): Recorded {
  // `tools/kubernetes/envoy-gateway.ts` wrote it, and Envoy refuses another form.
  return JSON.parse(readFileSync(RECORDED, 'utf8')) as Recorded;
}

/** Starts Envoy with the configuration that Envoy Gateway makes of the overlay, on free ports of the loopback address. */
export async function startEnvoyGateway({
  ports,
  certificates,
  edit,
}: EnvoyGatewayOptions): Promise<RunningEnvoyGateway> {
  const { path } = await findEnvoy();
  const [port = 0, adminPort = 0] = await freePorts(2);
  const recorded = readRecorded();
  const manager = managerOf(recorded);
  // Envoy Gateway sends routes, endpoints and certificates apart; here they are in the file.
  delete manager.rds;
  manager.routeConfig = recorded.routes;
  recorded.listener.address.socketAddress = { address: '127.0.0.1', portValue: port };
  for (const cluster of recorded.clusters) fill(cluster, recorded, { ports, certificates });
  edit?.(recorded);
  const config = {
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: adminPort } } },
    staticResources: { listeners: [recorded.listener], clusters: recorded.clusters },
  };
  // Envoy cannot open the pipe of a Node process by this name.
  const log = join(certificates, `access-${port}.log`);
  const text = JSON.stringify(config).replaceAll('"/dev/stdout"', JSON.stringify(log));
  const flags = '--disable-hot-restart --concurrency 1 --log-level warning --file-flush-interval-msec 50'.split(' ');
  const envoy = startProcess({ command: path, args: ['--config-yaml', text, ...flags] });
  await untilReady(envoy, [port, adminPort]);
  return { port, adminPort, log, output: () => envoy.output(), close: async () => void (await envoy.stop()) };
}

export function managerOf({ listener }: Recorded): GatewayManager {
  return listener.defaultFilterChain.filters[0].typedConfig;
}

function fill(
  cluster: GatewayCluster,
  { endpoints }: Recorded,
  { ports, certificates }: Pick<EnvoyGatewayOptions, 'ports' | 'certificates'>,
): void {
  const assignment = endpoints.find(({ clusterName }) => clusterName === cluster.name);
  for (const { lbEndpoints } of assignment?.endpoints ?? []) {
    for (const { endpoint } of lbEndpoints) {
      const { socketAddress } = endpoint.address;
      // The Services of the overlay have these ports only.
      socketAddress.portValue = ports[socketAddress.portValue as keyof PortsBehind];
      socketAddress.address = '127.0.0.1';
    }
  }
  cluster.type = 'STATIC';
  delete cluster.edsClusterConfig;
  cluster.loadAssignment = { ...assignment };
  const file = (name: string) => ({ filename: join(certificates, name) });
  for (const { transportSocket } of cluster.transportSocketMatches ?? []) {
    const context = transportSocket.typedConfig.commonTlsContext;
    delete context.tlsCertificateSdsSecretConfigs;
    context.tlsCertificates = [{ certificateChain: file('envoy.pem'), privateKey: file('envoy.key') }];
    const validation = context.combinedValidationContext;
    if (validation === undefined) continue;
    delete validation.validationContextSdsSecretConfig;
    context.validationContext = { ...validation.defaultValidationContext, trustedCa: file('ca.pem') };
    Reflect.deleteProperty(context, 'combinedValidationContext');
  }
}
