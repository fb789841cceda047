import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { GATEWAY_EDITS } from './gateway-envoy.ts';
import { gatewayFilter } from './istio-filter.ts';
import { keptPatch } from './kept-patch.ts';

const ROOT = new URL('../../', import.meta.url);
const OVERLAYS = 'deploy/kubernetes/overlays';
const KEPT = 'deploy/gateways/envoy-kept';
const BASE_CONFIG = 'deploy/kubernetes/base/sallyport.yaml';
const RULES = 'deploy/prometheus/rules.yaml';

/** Where Envoy finds Sallyport in the pod of the overlay `sidecar`. */
const SOCKET = '/run/sallyport/ext-authz.sock';

/**
 * Returns the generated files of the overlays, by path: kustomize reads no file outside of an overlay's folder, and cannot change a
 * part of a file. Each is a file of the project with named differences, so that no content is written twice.
 */
export function overlayFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    [`${OVERLAYS}/envoy/envoy.yaml`, edited(read('envoy.yaml'), 'envoy.yaml', GATEWAY_EDITS)],
    [`${OVERLAYS}/sidecar/envoy.yaml`, sidecarEnvoy(read('envoy.yaml'))],
    [`${OVERLAYS}/sidecar/sallyport.yaml`, sidecarConfig(read(BASE_CONFIG))],
    [`${OVERLAYS}/istio/sallyport.yaml`, meshConfig(read(BASE_CONFIG))],
    [`${OVERLAYS}/istio/gateway-filter.yaml`, gatewayFilter(read('envoy.yaml'))],
    [`${KEPT}/envoy-gateway.yaml`, keptPatch(read(`${KEPT}/envoy.yaml`), read(`${KEPT}/kept.lua`))],
    [`${OVERLAYS}/gateway-api/sallyport.yaml`, withVerify(read(BASE_CONFIG), 'mode: path, tls: *tls')],
    [`${OVERLAYS}/traefik/sallyport.yaml`, withVerify(read(BASE_CONFIG), 'mode: forwarded, tls: *tls')],
    [
      `${OVERLAYS}/nginx/sallyport.yaml`,
      withVerify(
        read(BASE_CONFIG),
        'mode: nginx, insecure: true',
        'ingress-nginx shows no client certificate: the NetworkPolicy alone keeps other pods away.',
      ),
    ],
  ]);
  if (existsSync(new URL(RULES, ROOT))) files.set(`${OVERLAYS}/monitoring/rules.yaml`, prometheusRule(read(RULES)));
  return files;
}

/** envoy.yaml in a pod: it listens for clients outside the pod, reaches Sallyport by its socket, and services by their names. */
function sidecarEnvoy(text: string): string {
  return edited(text, 'envoy.yaml', [
    [/^# The gateway of the demo.*\n/m, '# The Envoy of the pod.\n'],
    [/address: 127\.0\.0\.1, port_value: 8080/, 'address: 0.0.0.0, port_value: 8080'],
    // One endpoint in the same pod: there is no other one to leave it for.
    [/^ {6}# Only endpoints that are healthy[^]*?alpn_protocols: \[h2\] \}\n/m, ''],
    [
      /address: \{ socket_address: \{ address: 127\.0\.0\.1, port_value: 9191 \} \}/,
      `address: { pipe: { path: ${SOCKET} } }`,
    ],
    serviceByName('messages'),
    serviceByName('devices'),
  ]);
}

/** A service of the namespace `platform`, in the lines that the formatter makes. */
function serviceByName(name: string): Edit {
  const address = `${name}.platform.svc.cluster.local`;
  return [
    new RegExp(`(- name: ${name}\\n {6}connect_timeout: 1s\\n)([^]*?- endpoint:) (.*?)127\\.0\\.0\\.1`),
    `$1      type: STRICT_DNS\n$2\n                  $3${address}`,
  ];
}

/** The base's configuration behind an Envoy in the same pod: no listener but `admin` is reachable from outside. */
function sidecarConfig(text: string): string {
  return edited(text, BASE_CONFIG, [
    [
      TLS_LISTENERS,
      `  # On a volume that only the containers of this pod have.\n  extAuthz: unix:${SOCKET}\n  tokens: 127.0.0.1:9192\n`,
    ],
    // The preStop hooks of the Deployment stop Envoy first.
    [/^shutdown: .*\n/m, 'shutdown: { delay: 0s, drain: 10s }\n'],
    [
      /^# How long a stopping Pod[^]*?\n(?=shutdown)/m,
      '# The Deployment stops Envoy first, so Sallyport need not keep answering when it is told to stop.\n',
    ],
  ]);
}

/** The base's configuration in a mesh, whose proxies encrypt and authenticate. */
function meshConfig(text: string): string {
  return edited(text, BASE_CONFIG, [
    [
      TLS_LISTENERS,
      '  # The proxy of the mesh, in front of these, encrypts and admits only the gateway (peer-authentication.yaml).\n' +
        '  extAuthz: { address: "0.0.0.0:9191", insecure: true }\n  tokens: { address: "0.0.0.0:9192", insecure: true }\n',
    ],
  ]);
}

/** The base's configuration with the listener for gateways that ask over HTTP. */
function withVerify(text: string, options: string, note?: string): string {
  const comment = note === undefined ? '' : `  # ${note}\n`;
  return edited(text, BASE_CONFIG, [
    [/^( {2}tokens: .*\n)/m, `$1${comment}  verify: { address: "0.0.0.0:9193", ${options} }\n`],
  ]);
}

/** The listeners of the base that have TLS, with their comment. */
const TLS_LISTENERS = /^ {2}#[^\n]*\n {2}extAuthz:[^]*?\n {2}tokens: .*\n/m;

/** The groups of the file; promtool has checked it. */
function parsedRules(text: string): { groups: unknown } {
  const { groups } = parse(text) as { groups: unknown };
  return { groups };
}

function prometheusRule(text: string): string {
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'sallyport' },
    spec: parsedRules(text),
  };
  return `# Generated from ${RULES} by \`npm run overlays\`.\n${stringify(rule, { lineWidth: 0 })}`;
}

type Edit = readonly [pattern: RegExp, replacement: string];

/** Makes the edits, and says at the top what the file was made from. Throws if one of them finds nothing. */
function edited(text: string, source: string, edits: readonly Edit[]): string {
  const result = edits.reduce((current, [pattern, replacement]) => {
    if (!pattern.test(current))
      throw new Error(`${source}: nothing matches ${pattern}; adapt tools/kubernetes/overlays.ts`);
    return current.replace(pattern, replacement);
  }, text);
  return `# Generated from ${source} by \`npm run overlays\`.\n${result}`;
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

if (import.meta.main && process.argv.includes('--write')) {
  for (const [path, text] of overlayFiles()) writeFileSync(new URL(path, ROOT), text);
}
