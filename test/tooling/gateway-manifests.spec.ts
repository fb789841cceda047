import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';

const DOCS = new URL('../../docs/gateways/', import.meta.url);
const FOLDER = new URL('../../deploy/gateways/', import.meta.url);
/** The names of sallyport.yaml. */
const IDENTITY: string[] = Object.values(parse(read('../../sallyport.yaml')).identity.headers);

describe('the manifests of ingress-nginx', () => {
  const ingress = parse(read('ingress-nginx/ingress.yaml'));
  const [controller, headers] = documents('ingress-nginx/controller.yaml');

  it('copy the identity and the credential, and nothing else', () => {
    const copied = ingress.metadata.annotations['nginx.ingress.kubernetes.io/auth-response-headers'];
    expect(lowerCase(copied.trim().split(','))).toEqual([...IDENTITY, 'authorization']);
  });

  it('remove every header that only Sallyport and the controller may set', () => {
    expect(new Set(Object.values(headers.data))).toEqual(new Set(['']));
    // The controller sets x-forwarded-host to the host that was checked.
    const removed = [...IDENTITY, ...OVERRIDE_HEADERS].filter((name) => name !== 'x-forwarded-host');
    expect(lowerCase(Object.keys(headers.data)).toSorted()).toEqual(removed.toSorted());
    const { namespace, name } = headers.metadata;
    expect(controller.data['proxy-set-headers']).toBe(`${namespace}/${name}`);
  });

  it('ask the port of sallyport.conf, and keep no answer', () => {
    const { annotations } = ingress.metadata;
    expect(new URL(annotations['nginx.ingress.kubernetes.io/auth-url']).pathname).toBe('/auth');
    expect(Object.keys(annotations).map((name) => name.split('/')[1])).toEqual(['auth-url', 'auth-response-headers']);
  });
});

describe('the files of nginx', () => {
  const text = read('nginx/sallyport.conf');
  const set = (name: string): string | undefined =>
    new RegExp(`^proxy_set_header ${name} (\\S+);$`, 'im').exec(text)?.[1];

  it.each(OVERRIDE_HEADERS)('remove %s', (name) => {
    expect(set(name)).toBe('""');
  });

  it.each([...IDENTITY, 'authorization'])('take %s from Sallyport alone', (name) => {
    const variable = set(name) ?? '';
    expect(text).toContain(`auth_request_set ${variable} $upstream_http_${name.replaceAll('-', '_')};`);
  });
});

describe('the manifests of Gateway API', () => {
  const [policy, traffic] = documents('envoy-gateway/policies.yaml');
  const own = managerOf('../../envoy.yaml');
  const http = managerOf('envoy-http/envoy.yaml');

  it('remove the headers that envoy.yaml removes, and refuse its paths', () => {
    type Mutation = { remove_on_match: { key_matcher: { exact?: string; safe_regex?: { regex: string } } } };
    const removed = (manager: typeof own): (string | undefined)[] =>
      manager.early_header_mutation_extensions[0].typed_config.mutations.map(
        ({ remove_on_match: { key_matcher: matcher } }: Mutation) => matcher.exact ?? matcher.safe_regex?.regex,
      );
    const { removeOnMatch } = traffic.spec.headers.earlyRequestHeaders;
    expect(removeOnMatch.map(({ value }: { value: string }) => value)).toEqual(removed(own));
    expect(removed(http)).toEqual(removed(own));
    expect([own.path_with_escaped_slashes_action, traffic.spec.path.escapedSlashesAction]).toEqual([
      'REJECT_REQUEST',
      'RejectRequest',
    ]);
    expect(traffic.spec.headers.withUnderscoresAction).toBe('RejectRequest');
  });

  it('fail closed, as soon and with the status of envoy.yaml', () => {
    const { grpc_service: grpc, failure_mode_allow: failOpen } = own.http_filters[0].typed_config;
    const { timeout, failOpen: isOpen, statusOnError } = policy.spec.extAuth;
    expect([grpc.timeout, failOpen]).toEqual(['0.2s', false]);
    expect([timeout, isOpen, statusOnError]).toEqual(['200ms', false, 503]);
  });

  it('copy the identity, and show Sallyport what Envoy over HTTP shows', () => {
    const filter = http.http_filters[0].typed_config;
    const [route] = documents('gateway-api/externalauth.yaml');
    const { http: auth } = route.spec.rules[0].filters[0].externalAuth;
    const patterns = (list: { patterns: { exact?: string; prefix?: string }[] }): string[] =>
      list.patterns.map(({ exact, prefix }) => exact ?? `${prefix}*`);
    expect(auth.path).toBe(filter.http_service.path_prefix);
    expect(auth.allowedResponseHeaders).toEqual(IDENTITY);
    expect(patterns(filter.http_service.authorization_response.allowed_upstream_headers)).toEqual(IDENTITY);
    const shown: Set<string> = new Set(
      auth.allowedHeaders.map((name: string) => name.replace(/^(sec-fetch-|access-control-request-).*/, '$1*')),
    );
    expect([...shown]).toEqual(patterns(filter.allowed_headers));
  });
});

describe('every guide', () => {
  const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'README.md');

  it.each(pages)('%s has the same sections', (name) => {
    const page = readFileSync(new URL(name, DOCS), 'utf8');
    const titles = Array.from(page.matchAll(/^## (.*)$/gm), ([, title]) => title);
    expect(titles).toEqual(['Prerequisites', 'Configuration', 'Try it', 'Clean up']);
  });

  it.each(pages)('%s is in the table of the gateways', (name) => {
    expect(readFileSync(new URL('README.md', DOCS), 'utf8')).toContain(`| [${name}](${name}) |`);
  });
});

describe('every YAML file', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s is valid', (name) => {
    expect(parseAllDocuments(read(name)).flatMap(({ errors }) => errors)).toEqual([]);
  });
});

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** Returns the HTTP connection manager of an Envoy configuration. */
function managerOf(name: string) {
  return parse(read(name)).static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
}

function documents(name: string) {
  return parseAllDocuments(read(name)).map((document) => document.toJS());
}

function lowerCase(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}
