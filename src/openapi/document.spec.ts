import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../config/reading/problems.ts';
import type { ReadDocument } from './document.ts';
import { readDocument } from './document.ts';

const SCHEMES = `components:
  securitySchemes:
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: /t, scopes: { "pets:read": Read pets } } } }
    oidc: { type: openIdConnect, openIdConnectUrl: /o }
    basic: { type: http, scheme: basic }
    bearer: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: k }
    other: { $ref: "#/components/securitySchemes/oauth" }`;

function read(text: string): ReadDocument {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-openapi-'));
  try {
    writeFileSync(join(folder, 'api.yaml'), text);
    return readDocument(join(folder, 'api.yaml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads `paths`, in YAML, of a document with all schemes. */
function operationsOf(paths: string, more = '') {
  const found = read(`openapi: 3.1.0\n${more}\n${SCHEMES}\npaths:\n${paths}`);
  if (found.outcome === 'unreadable') throw new Error(formatProblems(found.problems));
  return found.document.operations;
}

function problemsOf(text: string): string[] {
  const found = read(text);
  return found.outcome === 'read'
    ? []
    : found.problems.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
}

const security = (written: string): string => `  /a: { get: { security: ${written} } }`;

describe('what an operation demands', () => {
  it.each<[written: string, demand: object]>([
    ['[]', { kind: 'public' }],
    ['[{}]', { kind: 'optional' }],
    ['[{ oauth: [a] }, {}]', { kind: 'optional' }],
    ['[{ basic: [] }]', { kind: 'authenticated', statesScopes: false }],
    ['[{ bearer: [] }, { key: [] }]', { kind: 'authenticated', statesScopes: false }],
    ['[{ oauth: [] }]', { kind: 'authenticated', statesScopes: true }],
    ['[{ oauth: [a] }, { oidc: [] }]', { kind: 'authenticated', statesScopes: true }],
    ['[{ oauth: [a] }]', { kind: 'scopes', sets: [['a']] }],
    ['[{ other: [a] }]', { kind: 'scopes', sets: [['a']] }],
    ['[{ oauth: [b, a], key: [] }]', { kind: 'scopes', sets: [['a', 'b']] }],
    ['[{ oauth: [a], oidc: [b] }]', { kind: 'scopes', sets: [['a', 'b']] }],
    ['[{ oauth: [a] }, { oidc: [a] }]', { kind: 'scopes', sets: [['a']] }],
    ['[{ oauth: [a] }, { oidc: [b] }]', { kind: 'scopes', sets: [['a'], ['b']] }],
    ['[{ oauth: [a, b] }, { oidc: [b] }]', { kind: 'scopes', sets: [['b']] }],
    ['[{ oauth: [a] }, { basic: [] }]', { kind: 'scopes', sets: [['a']] }],
    ['[{ bearer: [role] }]', { kind: 'scopes', sets: [['role']] }],
  ])('%s', (written, demand) => {
    expect(operationsOf(security(written))).toMatchObject([{ method: 'GET', path: '/a', demand }]);
  });

  it('is that of the document, unless the operation states its own', () => {
    const paths = '  /a: { get: {}, put: { security: [] } }';
    expect(operationsOf(paths, 'security: [{ oauth: [a] }]').map(({ demand }) => demand)).toEqual([
      { kind: 'scopes', sets: [['a']] },
      { kind: 'public' },
    ]);
    expect(operationsOf(paths, 'security: []').map(({ demand }) => demand.kind)).toEqual(['public', 'public']);
    expect(operationsOf(paths).map(({ demand }) => demand.kind)).toEqual(['unstated', 'public']);
  });
});

describe('servers', () => {
  it.each<[written: string, servers: object[]]>([
    ['[{ url: / }]', [{ base: '', host: undefined }]],
    ['[]', [{ base: '', host: undefined }]],
    ['[{ url: /v1/ }, { url: /v1 }]', [{ base: '/v1', host: undefined }]],
    ['[{ url: v1 }]', [{ base: '/v1', host: undefined }]],
    ['[{ url: "https://API.example.com:8443/v1" }]', [{ base: '/v1', host: 'api.example.com' }]],
    [
      '[{ url: "https://a.example/x" }, { url: "http://b.example" }]',
      [
        { base: '/x', host: 'a.example' },
        { base: '', host: 'b.example' },
      ],
    ],
    [
      '[{ url: "//{h}/{v}", variables: { h: { default: a.example }, v: { default: v2 } } }]',
      [{ base: '/v2', host: 'a.example' }],
    ],
  ])('%s', (written, servers) => {
    expect(operationsOf('  /a: { get: {} }', `servers: ${written}`)).toMatchObject([{ servers }]);
  });

  it('of an operation replace those of its path, and these those of the document', () => {
    const paths = '  /a: { servers: [{ url: /p }], get: {}, put: { servers: [{ url: /o }] } }\n  /b: { get: {} }';
    expect(operationsOf(paths, 'servers: [{ url: /d }]').map(({ servers }) => servers[0]?.base)).toEqual([
      '/p',
      '/o',
      '/d',
    ]);
  });
});

describe('readDocument()', () => {
  it('reads every method of a path, and neither extensions nor webhooks', () => {
    const paths =
      '  /a: { get: {}, head: {}, options: {}, trace: {}, patch: {}, x-get: {}, summary: a, parameters: [] }\n  x-b: { get: {} }';
    expect(operationsOf(paths, 'webhooks: { w: { post: {} } }').map(({ method }) => method)).toEqual([
      'GET',
      'OPTIONS',
      'HEAD',
      'PATCH',
      'TRACE',
    ]);
  });

  it('reads JSON, and follows references of path items within the document', () => {
    const text = JSON.stringify({
      openapi: '3.0.3',
      paths: { '/a': { $ref: '#/paths/~1b~1%7Bid%7D' }, '/b/{id}': { get: { operationId: 'x' } } },
    });
    const found = read(text);
    expect(found.outcome === 'read' && found.document.operations).toMatchObject([
      { path: '/a', id: 'x' },
      { path: '/b/{id}', id: 'x' },
    ]);
  });

  it.each<[what: string, text: string, problem: string]>([
    [
      'Swagger 2.0',
      'swagger: "2.0"',
      '1: openapi: expected an OpenAPI document of version 3.0 or 3.1: convert others first',
    ],
    [
      'another version',
      'openapi: 3.2.0',
      '1: openapi: expected an OpenAPI document of version 3.0 or 3.1: convert others first',
    ],
    ['broken YAML', 'openapi: 3.1.0\npaths: [', '2: : a [ before this place has no closing ]'],
    [
      'an undeclared scheme',
      'openapi: 3.1.0\npaths: { /a: { get: { security: [{ x: [] }] } } }',
      "2: paths[/a].get.security[0].x: 'x' is not in components.securitySchemes",
    ],
    [
      'security that is no list',
      'openapi: 3.1.0\npaths: { /a: { get: { security: {} } } }',
      '2: paths[/a].get.security: expected a list',
    ],
    [
      'a server without a default',
      'openapi: 3.1.0\nservers: [{ url: "/{v}" }]\npaths: { /a: { get: {} } }',
      '2: servers[0].url: expected the URL of a server, with a default for each variable',
    ],
    [
      'a reference to another file',
      'openapi: 3.1.0\npaths: { /a: { $ref: "b.yaml#/x" } }',
      '2: paths[/a].$ref: expected a reference into this document, such as #/components/pathItems/Name: bundle the document first',
    ],
    [
      'a reference to nothing',
      'openapi: 3.1.0\npaths: { /a: { $ref: "#/x/__proto__" } }',
      "2: paths[/a].$ref: '#/x/__proto__' leads nowhere",
    ],
    [
      'references in a circle',
      'openapi: 3.1.0\npaths: { /a: { $ref: "#/paths/~1b" }, /b: { $ref: "#/paths/~1a" } }',
      '2: paths[/a].$ref: this reference leads in a circle',
    ],
    [
      'an operation beside a reference to another',
      'openapi: 3.1.0\npaths: { /a: { $ref: "#/paths/~1b", get: {} }, /b: { get: {} } }',
      '2: paths[/a].get: this operation is also where $ref leads: keep one of the two',
    ],
  ])('refuses %s', (_what, text, problem) => {
    expect(problemsOf(text).map((one) => one.replaceAll("['/a']", '[/a]').replaceAll("['$ref']", '.$ref'))[0]).toBe(
      problem,
    );
  });
});
