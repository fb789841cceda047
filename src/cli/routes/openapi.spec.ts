import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';

const OWN = new URL('../../../docs/openapi.json', import.meta.url);

const CONFIG = `version: 1
listen: { extAuthz: 127.0.0.1:9191 }
store: "memory:"
issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]
`;

const PETS = `openapi: 3.1.0
info: { title: Pets, version: "1" }
servers: [{ url: https://pets.example.com/v1 }]
security: [{ oauth: ["pets:read"] }]
paths:
  /pets:
    get: { operationId: listPets }
    post: { operationId: addPet, security: [{ oauth: ["pets:write"] }, { oauth: ["pets:admin"] }] }
  /pets/{pet-id}:
    parameters: []
    get: { operationId: getPet }
    delete: { operationId: removePet, security: [{ oauth: ["pets:write", "pets:admin"] }] }
  /health:
    get: { security: [] }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: /token, scopes: { "pets:read": Read pets, "pets:write": Write pets } }
`;

const SCOPES = 'scopes: { "pets:read": {}, "pets:write": {}, "pets:admin": {} }';
const AGREEING = [
  '{ path: /v1/pets, method: GET, scope: "pets:read" }',
  '{ path: /v1/pets, method: POST, anyOf: ["pets:admin", "pets:write"] }',
  '{ path: "/v1/pets/{id}", method: GET, scope: "pets:read" }',
  '{ path: "/v1/pets/{id}", method: DELETE, allOf: ["pets:write", "pets:admin"] }',
  '{ path: /v1/health, method: GET, public: true }',
];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-openapi-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal = {
    env: {},
    stdin: process.stdin,
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  };
  const code = await runCommandLine(args, terminal);
  return { code, out: out.replaceAll(`${folder}/`, ''), err: err.replaceAll(`${folder}/`, '') };
}

function compare(routes: readonly string[], document: string, ...more: readonly string[]) {
  const config = put('sallyport.yaml', `${CONFIG}${SCOPES}\nroutes:\n${routes.map((one) => `  - ${one}\n`).join('')}`);
  return run('routes', '--openapi', put('api.yaml', document), '--config', config, ...more);
}

describe('routes --openapi', () => {
  it('says that a map and a document agree', async () => {
    expect(await compare(AGREEING, PETS)).toEqual({
      code: 0,
      out: 'api.yaml and sallyport.yaml agree: 5 operations\n',
      err: '',
    });
  });

  it('names each difference with both places, and exits with 1', async () => {
    const [list, add, , remove, health] = AGREEING;
    const routes = [list, add?.replace('anyOf', 'allOf'), remove, health?.replace('public', 'authenticated')];
    const found = await compare(
      [...routes.map(String), '{ path: "/v1/cats/{id}", scope: "pets:read" }', '{ path: /other, public: true }'],
      PETS,
    );
    expect(found).toEqual({
      code: 1,
      out: `operations without a rule: they are denied:
  api.yaml:11: GET /v1/pets/{pet-id}
rules without an operation:
  sallyport.yaml:11: any method /v1/cats/{id}
scopes that differ:
  api.yaml:8: POST /v1/pets demands pets:write, or pets:admin; the rule at sallyport.yaml:8 requires pets:admin and pets:write: it requires more
  api.yaml:14: GET /v1/health demands no credential; the rule at sallyport.yaml:10 requires any valid credential: it requires more
api.yaml and sallyport.yaml differ: 5 operations; 1 rule elsewhere left out
`,
      err: '',
    });
  });

  it.each<[what: string, routes: string[], code: number, part: string]>([
    ['a rule that is public', ['{ path: "/v1/**", public: true }'], 1, 'requires no credential: it admits more'],
    ['a rule with another scope', ['{ path: "/v1/**", scope: "pets:admin" }'], 1, 'it requires other scopes'],
    [
      'a literal in place of a parameter',
      [...AGREEING, '{ path: /v1/pets/mine, method: GET, public: true }'],
      1,
      '/v1/pets/mine at sallyport.yaml:12, a part of it, requires no credential: it admits more',
    ],
    [
      'a method that no operation has',
      [...AGREEING, '{ path: /v1/pets, methods: [PUT, OPTIONS], public: true }'],
      1,
      'sallyport.yaml:12: PUT /v1/pets\n',
    ],
    [
      'HEAD and OPTIONS of a path',
      [...AGREEING, '{ path: /v1/pets, methods: [HEAD, OPTIONS], scope: "pets:read" }'],
      0,
      'agree',
    ],
    [
      'a wider rule',
      [...AGREEING.slice(0, 4), '{ path: "/v1/health/**", public: true }'],
      0,
      'rules that match more than the document describes:\n  sallyport.yaml:11: /v1/health/**\n',
    ],
    [
      'rules of another host',
      [...AGREEING, '{ path: /v1/x, public: true, hosts: [other.example.com] }'],
      0,
      '1 rule elsewhere left out',
    ],
  ])('judges %s', async (_what, routes, code, part) => {
    const found = await compare(routes, PETS);
    expect(found.out).toContain(part);
    expect(found.code).toBe(code);
  });

  it('compares at the hosts of the servers, or at the server of --server', async () => {
    const all = AGREEING.map((one) => one.replace(/ \}$/, ', hosts: [pets.example.com] }'));
    expect((await compare(all, PETS)).code).toBe(1);
    expect((await compare(all, PETS, '--hosts')).code).toBe(0);
    expect((await compare(all, PETS, '--server', 'https://pets.example.com/v1')).code).toBe(0);
    expect((await compare(AGREEING, PETS.replace('/v1', '/v2'), '--server', '/v1')).code).toBe(0);
  });

  it('lists what it cannot compare, which is no difference', async () => {
    const document = `openapi: 3.0.3\npaths:\n  /v1/x: { get: {}, trace: {} }\n  "/v1/x/{id}:stop": { post: {} }\n`;
    const { code, out } = await compare(['{ path: /v1/x, method: GET, public: true }'], document);
    expect(out).toContain('api.yaml:3: GET /v1/x: neither the operation nor the document has security');
    expect(out).toContain('api.yaml:3: TRACE /v1/x: TRACE reflects credentials');
    expect(out).toContain('api.yaml:4: POST /v1/x/{id}:stop: in ');
    expect(code).toBe(0);
  });

  it('compares a document whose schemes cannot name scopes by whether a credential is needed', async () => {
    const document = `openapi: 3.0.3\ncomponents: { securitySchemes: { b: { type: http, scheme: basic } } }\nsecurity: [{ b: [] }]\npaths: { /a: { get: {} } }\n`;
    expect((await compare(['{ path: /a, method: GET, scope: "pets:read" }'], document)).code).toBe(0);
    expect((await compare(['{ path: /a, method: GET, public: true }'], document)).code).toBe(1);
  });

  it('prints JSON', async () => {
    const { code, out } = await compare(AGREEING.slice(1), PETS, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      agrees: false,
      operationsWithoutRule: [{ method: 'GET', path: '/v1/pets', host: null, operationId: 'listPets', line: 7 }],
      rulesWithoutOperation: [],
      scopesDiffer: [],
      operations: 5,
    });
  });

  it('exits with 1 for a document that it cannot read, and names the line', async () => {
    const found = await compare(AGREEING, PETS.replace('pets:read"] }]', 'pets:read"] }, { x: [] }]'));
    expect(found.err).toContain('api.yaml:4:');
    expect(found.err).toContain("'x' is not in components.securitySchemes");
    expect(found.code).toBe(1);
  });

  it.each([
    [['GET', '/x', '--openapi', 'a'], '--openapi'],
    [['--openapi', 'a', '--from-openapi', 'b'], '--from-openapi'],
    [['--hosts'], '--hosts'],
    [['--server', '/v1'], '--server'],
    [['--openapi', 'a', '--server', 'https://{x}'], '--server'],
  ])('%j is not understood', async (args, option) => {
    const found = await run('routes', ...args);
    expect(found.code).toBe(2);
    expect(found.err).toContain(option);
  });
});

describe('routes --from-openapi', () => {
  it('writes an included file that check accepts, and that agrees with the document', async () => {
    const document = put('api.yaml', PETS);
    const { code, out, err } = await run('routes', '--from-openapi', document);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`# Written by \`sallyport routes --from-openapi\` from api.yaml, 'Pets'
# It has 5 routes; operations to decide about: none
scopes:
  "pets:admin": {}
  "pets:read": { description: "Read pets" }
  "pets:write": { description: "Write pets" }
routes:
  - { method: GET, path: "/v1/pets", scope: "pets:read" } # listPets
  - { method: POST, path: "/v1/pets", anyOf: ["pets:write", "pets:admin"] } # addPet
  - { method: GET, path: "/v1/pets/{pet_id}", scope: "pets:read" } # getPet
  - { method: DELETE, path: "/v1/pets/{pet_id}", allOf: ["pets:admin", "pets:write"] } # removePet
  - { method: GET, path: "/v1/health", public: true }
`);
    put('routes.d/pets.yaml', out);
    const config = put('sallyport.yaml', `${CONFIG}include: [routes.d/*.yaml]\nroutes: []\n`);
    expect(await run('check', '--config', config)).toMatchObject({ code: 0 });
    expect(await run('routes', '--openapi', document, '--config', config)).toMatchObject({ code: 0 });
  });

  it('writes the hosts of the servers, and does not define the scopes of the catalogue again', async () => {
    const config = put('sallyport.yaml', `${CONFIG}${SCOPES}\ninclude: [a.yaml]\nroutes: []\n`);
    put('a.yaml', 'routes: []');
    const { out } = await run('routes', '--from-openapi', put('api.yaml', PETS), '--hosts', '--config', config);
    expect(out).toContain('- { method: GET, hosts: ["pets.example.com"], path: "/v1/pets", scope: "pets:read" }');
    expect(out).not.toContain('scopes:\n');
    put('a.yaml', out);
    expect(await run('check', '--config', config)).toMatchObject({ code: 0 });
  });

  it.each<[what: string, operation: string, why: string]>([
    ['states no security', '/a: { get: {} }', 'neither the operation nor the document has security'],
    ['has an optional credential', '/a: { get: { security: [{ o: [a:b] }, {}] } }', 'a credential is optional'],
    [
      'has a scope of another form',
      '/a: { get: { security: [{ o: [admin] }] } }',
      "'admin' cannot be a scope of a route",
    ],
    ['has all:any', '/a: { get: { security: [{ o: ["all:any"] }] } }', "'all:any' cannot be a scope of a route"],
    [
      'has scopes that a route cannot require',
      '/a: { get: { security: [{ o: [a:b, a:c] }, { o: [a:d] }] } }',
      'a route cannot require',
    ],
    [
      'has a parameter within a segment',
      '"/a/{id}.json": { get: { security: [] } }',
      'a parameter is part of a segment',
    ],
    ['is TRACE', '/a: { trace: { security: [] } }', 'TRACE reflects credentials'],
    ['has an impossible path', '/a//b: { get: { security: [] } }', 'an empty segment'],
  ])('writes no route, but a comment, for an operation that %s', async (_what, operation, why) => {
    const document = `openapi: 3.1.0\ncomponents: { securitySchemes: { o: { type: oauth2, flows: {} } } }\npaths:\n  ${operation}\n`;
    const { code, out, err } = await run('routes', '--from-openapi', put('api.yaml', document));
    expect(code).toBe(0);
    expect(out).toContain('routes: []\n');
    expect(out).toMatch(new RegExp(`# Decide about \\w+ /a\\S* \\(api\\.yaml:4\\): .*${why.replaceAll(/[()]/g, '.')}`));
    expect(err).toContain('1 operation without a route');
    const config = put('sallyport.yaml', `${CONFIG}include: [a.yaml]\nroutes: []\n`);
    put('a.yaml', out);
    expect(await run('check', '--config', config)).toMatchObject({ code: 0 });
  });

  it('writes HEAD only if it differs from GET, and one route for paths that match the same', async () => {
    const document = `openapi: 3.1.0\nsecurity: []\ncomponents: { securitySchemes: { o: { type: oauth2, flows: {} } } }\npaths:
  "/a/{x}": { get: {}, head: {} }
  "/a/{y}": { get: {} }
  /b: { get: {}, head: { security: [{ o: [] }] } }\n`;
    const { out } = await run('routes', '--from-openapi', put('api.yaml', document));
    expect(out.split('\n').filter((line) => line.startsWith('  - '))).toEqual([
      '  - { method: GET, path: "/a/{x}", public: true }',
      '  - { method: GET, path: "/b", public: true }',
      '  - { method: HEAD, path: "/b", authenticated: true }',
    ]);
    expect(out).not.toContain('Decide');
  });

  it.each<[what: string, paths: string]>([
    ['would make it public', '"/a/{id}": { get: { security: [] } }\n  /a/b: { get: {} }'],
    ['would make a part of it public', '"/a/{id}": { get: { security: [] } }\n  "/a/{id}.json": { get: {} }'],
    ['would make its HEAD public', '"/a/{id}": { get: { security: [] } }\n  /a/b: { head: {} }'],
    [
      'demands something else',
      '"/a/{x}": { get: { security: [] } }\n  "/a/{y}": { get: { security: [{ o: [a:b] }] } }',
    ],
  ])('writes no route beside an operation to decide about that %s', async (_what, paths) => {
    const document = `openapi: 3.1.0\ncomponents: { securitySchemes: { o: { type: oauth2, flows: {} } } }\npaths:\n  ${paths}\n`;
    const { out } = await run('routes', '--from-openapi', put('api.yaml', document));
    expect(out).toContain('routes: []\n');
    expect(out.match(/# Decide about/g)).toHaveLength(2);
  });

  it('lets no name of the document become YAML', async () => {
    const evil = 'x\n  - { path: "/**", public: true }\r\n#\u2028 - a\u0085 - b';
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: evil },
      components: { securitySchemes: { o: { type: 'oauth2', flows: { password: { scopes: { 'a:b': evil } } } } } },
      paths: { '/a': { get: { operationId: evil, security: [{ o: ['a:b'] }] }, put: { operationId: evil } } },
    });
    const { out } = await run('routes', '--from-openapi', put('api.json', document));
    put('a.yaml', out);
    const config = put('sallyport.yaml', `${CONFIG}include: [a.yaml]\nroutes: []\n`);
    const found = await run('routes', '--json', '--config', config);
    expect(JSON.parse(found.out)).toMatchObject([{ methods: ['GET'], path: '/a' }]);
  });

  it('writes our own API, which agrees with its document', async () => {
    const document = put('openapi.json', readFileSync(OWN, 'utf8'));
    const { out } = await run('routes', '--from-openapi', document);
    put('a.yaml', out);
    const config = put('sallyport.yaml', `${CONFIG}include: [a.yaml]\nroutes: []\n`);
    expect(await run('routes', '--openapi', document, '--config', config)).toMatchObject({ code: 0 });
  });
});
