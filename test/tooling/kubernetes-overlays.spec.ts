import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { overlayFiles } from '../../tools/kubernetes/overlays.ts';
import { certify } from '../support/certificates.ts';
import { loadConfigText } from '../support/config.ts';
import { managerOf, readRecorded } from '../support/kubernetes/envoy-gateway.ts';

const ROOT = new URL('../../', import.meta.url);
const files = overlayFiles();
const envoy = parse(read('envoy.yaml')).static_resources.listeners[0].filter_chains[0].filters[0].typed_config;

describe('the generated files of the overlays', () => {
  it.each([...files.keys()])('%s is up to date (npm run overlays)', (path) => {
    expect(read(path)).toBe(files.get(path));
  });

  const folder = mkdtempSync(join(tmpdir(), 'sallyport-overlays-'));
  const { cert, key } = certify(folder, 'sallyport');
  afterAll(() => rmSync(folder, { recursive: true }));

  const configs = [...files.keys()].filter((path) => path.endsWith('/sallyport.yaml'));
  it.each(configs)('%s is a valid configuration', (path) => {
    const text = read(path).replaceAll('/run/secrets/sallyport/', '');
    const secrets = { 'seal/secret': 'a'.repeat(44), 'redis/password': 'b'.repeat(44) };
    const tls = { 'tls/tls.crt': cert, 'tls/tls.key': key, 'tls/ca.crt': cert };
    const loaded = loadConfigText(text, { files: { ...secrets, ...tls } });
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('the overlay istio', () => {
  const values = parse(read('deploy/kubernetes/overlays/istio/istiod-values.yaml'));
  const [provider] = values.meshConfig.extensionProviders;

  it('fails closed, as soon and with the status of envoy.yaml', () => {
    const { grpc_service, failure_mode_allow } = envoy.http_filters[0].typed_config;
    const { timeout, failOpen, statusOnError, port } = provider.envoyExtAuthzGrpc;
    expect([timeout, failOpen, statusOnError, port]).toEqual([grpc_service.timeout, failure_mode_allow, '503', 9191]);
  });

  it('asks the provider about every request', () => {
    const [policy] = documents('deploy/kubernetes/overlays/istio/authorization.yaml');
    expect([policy.spec.action, policy.spec.provider.name, policy.spec.rules]).toEqual(['CUSTOM', provider.name, [{}]]);
  });
});

describe('the overlay envoy-gateway', () => {
  it('writes the fields of the access log of envoy.yaml', () => {
    const [, , proxy] = documents('deploy/kubernetes/overlays/envoy-gateway/gateway.yaml');
    const [{ format }] = proxy.spec.telemetry.accessLog.settings;
    expect(format.json).toEqual(envoy.access_log[0].typed_config.log_format.json_format);
  });
});

describe('what Envoy Gateway makes of the overlay (recorded, see tools/kubernetes/envoy-gateway.ts)', () => {
  const made = managerOf(readRecorded());

  it('reads requests as envoy.yaml does', () => {
    expect({
      use_remote_address: made.useRemoteAddress,
      normalize_path: made.normalizePath,
      merge_slashes: made.mergeSlashes,
      path_with_escaped_slashes_action: made.pathWithEscapedSlashesAction,
      underscores: made.commonHttpProtocolOptions.headersWithUnderscoresAction,
      request_headers_timeout: made.requestHeadersTimeout,
    }).toEqual({
      use_remote_address: envoy.use_remote_address,
      normalize_path: envoy.normalize_path,
      merge_slashes: envoy.merge_slashes,
      path_with_escaped_slashes_action: envoy.path_with_escaped_slashes_action,
      underscores: envoy.common_http_protocol_options.headers_with_underscores_action,
      request_headers_timeout: envoy.request_headers_timeout,
    });
    const expressions = (mutations: readonly object[]): string[] =>
      mutations.flatMap((mutation) => JSON.stringify(mutation).match(/(?<="(?:regex|exact)":)".*?"(?=})/g) ?? []);
    const [own] = envoy.early_header_mutation_extensions;
    const [theirs] = made.earlyHeaderMutationExtensions ?? [];
    expect(expressions(theirs?.typedConfig.mutations ?? [])).toEqual(expressions(own.typed_config.mutations));
  });

  it('asks as envoy.yaml does, but for encode_raw_headers', () => {
    const [check, router] = made.httpFilters;
    const { grpcService, failureModeAllow = false, statusOnError, encodeRawHeaders = false } = check?.typedConfig ?? {};
    const own = envoy.http_filters[0].typed_config;
    expect([Number.parseFloat(grpcService?.timeout ?? ''), failureModeAllow, statusOnError]).toEqual([
      Number.parseFloat(own.grpc_service.timeout),
      own.failure_mode_allow,
      own.status_on_error,
    ]);
    expect([encodeRawHeaders, own.encode_raw_headers]).toEqual([false, true]);
    expect(router?.name).toBe('envoy.filters.http.router');
  });
});

describe('the overlay traefik', () => {
  it('sets at the entry point what traefik.yaml sets', () => {
    const { http } = parse(read('deploy/gateways/traefik/traefik.yaml')).entryPoints.web;
    const expected = { ...http, middlewares: 'sallyport-sallyport@kubernetescrd' };
    const { additionalArguments } = parse(read('deploy/kubernetes/overlays/traefik/traefik-values.yaml'));
    expect(new Set(additionalArguments)).toEqual(new Set(flags(expected, '--entryPoints.websecure.http')));
  });
});

function flags(settings: Record<string, unknown>, prefix: string): string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? flags({ ...value }, `${prefix}.${key}`)
      : [`${prefix}.${key}=${String(value)}`],
  );
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function documents(path: string) {
  return parseAllDocuments(read(path)).map((document) => document.toJS());
}
