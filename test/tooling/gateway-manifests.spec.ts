import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { OVERRIDE_HEADERS } from '../../src/core/override-headers.ts';

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

describe('every YAML file', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s is valid', (name) => {
    expect(parseAllDocuments(read(name)).flatMap(({ errors }) => errors)).toEqual([]);
  });
});

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

function documents(name: string) {
  return parseAllDocuments(read(name)).map((document) => document.toJS());
}

function lowerCase(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}
