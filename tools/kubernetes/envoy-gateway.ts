import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';

const OVERLAY = fileURLToPath(new URL('../../deploy/kubernetes/overlays/envoy-gateway', import.meta.url));
const RECORDED = new URL('../../test/support/kubernetes/envoy-gateway.json', import.meta.url);
/** System commands. */
const KUBECTL = 'kubectl';
const OPENSSL = 'openssl';
/** The kinds that Envoy Gateway reads. */
const READ = /^(Namespace|Service|Gateway.*|.*Policy|HTTPRoute.*|EnvoyProxy|ReferenceGrant)$/;
/** The services behind the gateway, with the ports of the demo. */
const SERVICES = { messages: 9301, devices: 9302 } as const;

/** The parts of `egctl`'s output that are read here. */
interface Translation {
  readonly xds: Readonly<Record<string, { readonly configs: readonly Dump[] }>>;
}
interface Dump {
  readonly dynamicListeners?: readonly { activeState: { listener: { name: string } } }[];
  readonly dynamicRouteConfigs?: readonly { routeConfig: object }[];
  readonly dynamicActiveClusters?: readonly { cluster: object }[];
  readonly dynamicEndpointConfigs?: readonly { endpointConfig: object }[];
}

/**
 * Records what Envoy Gateway makes of the overlay `envoy-gateway`, for `test/e2e/envoy-gateway.spec.ts`. Needs kubectl, openssl and
 * the program `egctl` of the version that the overlay names, in the variable `EGCTL`:
 * `go build ./cmd/egctl` in the module `github.com/envoyproxy/gateway` makes it.
 */
function record(egctl: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-envoy-gateway-'));
  try {
    const input = join(folder, 'input.yaml');
    writeFileSync(
      input,
      objects(folder)
        .map((object) => stringify(object))
        .join('---\n'),
    );
    const args = 'experimental translate --from gateway-api --to xds --type all --output json --file'.split(' ');
    const output = execFileSync(egctl, [...args, input], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    writeFileSync(RECORDED, `${JSON.stringify(recorded(JSON.parse(output) as Translation), null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The overlay, and what a cluster has besides: the addresses of Services, Secrets, a class, the routes of two services. */
function objects(folder: string): object[] {
  const rendered = execFileSync(KUBECTL, ['kustomize', OVERLAY], { encoding: 'utf8' });
  const overlay = parseAllDocuments(rendered).map((document) => document.toJS() as Record<string, unknown>);
  execFileSync(OPENSSL, 'req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout key -out crt'.split(' '), {
    cwd: folder,
    stdio: 'ignore',
  });
  const [crt, key] = ['crt', 'key'].map((name) => readFileSync(join(folder, name)).toString('base64'));
  const secret = (name: string, namespace: string): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace },
    data: { 'tls.crt': crt, 'tls.key': key, 'ca.crt': crt },
  });
  return [
    ...overlay.filter(({ kind }) => READ.test(String(kind))).map(withAddress),
    secret('sallyport-client', 'gateway'),
    secret('sallyport-tls', 'sallyport'),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'platform' } },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'eg' },
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    },
    ...Object.entries(SERVICES).flatMap(([name, port]) => serviceWithRoute(name, port)),
  ];
}

function withAddress(object: Record<string, unknown>): Record<string, unknown> {
  const { kind, spec } = object as { kind: string; spec?: { clusterIP?: string } };
  if (kind !== 'Service' || spec?.clusterIP !== undefined) return object;
  return { ...object, spec: { ...spec, clusterIP: '10.0.0.10' } };
}

function serviceWithRoute(name: string, port: number): object[] {
  const metadata = { name, namespace: 'platform' };
  const paths = [{ type: 'PathPrefix', value: `/3rdparty/v1/${name}` }];
  if (name === 'messages') paths.push({ type: 'Exact', value: '/health' });
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: '10.0.0.11', ports: [{ port }] } },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [{ name: 'gateway', namespace: 'gateway' }],
        rules: [{ matches: paths.map((path) => ({ path })), backendRefs: [{ name, port }] }],
      },
    },
  ];
}

/** Keeps the gateway's listener, its routes and its clusters. The rest is the same for every gateway, or has a certificate. */
function recorded({ xds }: Translation): object {
  const configs = Object.values(xds).flatMap((gateway) => gateway.configs);
  const listeners = configs.flatMap(({ dynamicListeners = [] }) => dynamicListeners);
  const own = listeners
    .map(({ activeState }) => activeState.listener)
    .find(({ name }) => name === 'gateway/gateway/http');
  const [routes] = configs.flatMap(({ dynamicRouteConfigs = [] }) => dynamicRouteConfigs);
  const clusters = configs.flatMap(({ dynamicActiveClusters = [] }) => dynamicActiveClusters);
  const endpoints = configs.flatMap(({ dynamicEndpointConfigs = [] }) => dynamicEndpointConfigs);
  return {
    listener: withoutType(own),
    routes: withoutType(routes?.routeConfig),
    clusters: clusters.map(({ cluster }) => withoutType(cluster)),
    endpoints: endpoints.map(({ endpointConfig }) => withoutType(endpointConfig)),
  };
}

/** A file of Envoy knows the types of these. */
function withoutType(resource: object | undefined): object {
  return Object.fromEntries(Object.entries(resource ?? {}).filter(([key]) => key !== '@type'));
}

const { EGCTL } = process.env;
if (import.meta.main && EGCTL !== undefined) record(EGCTL);
