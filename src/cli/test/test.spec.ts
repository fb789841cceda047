import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign } from 'jose';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';

const CONFIG = `version: 1
listen: { extAuthz: "127.0.0.1:9191" }
store: sqlite:./never.db
scopes: { m:send: {}, m:read: {}, m:admin: {} }
resources:
  - { name: api, url: "https://api.example.com", audience: [api-audience], authorizationServers: ["https://login.example.com"] }
issuers:
  - { name: own, issuer: "https://own.local", signing: { algorithm: ES256, sealWith: { env: SALLYPORT_NONE } } }
  - { name: corporate, issuer: "https://login.example.com", audience: [shop, api-audience], algorithms: [RS256, ES256], discovery: true, allowScopes: [m:send, m:read], scopeClaim: permissions }
  - { name: keys, issuer: "https://keys.example.com", audience: shop, algorithms: [EdDSA], jwks: { url: "https://keys.example.com/jwks", tokenFile: ./none } }
  - { name: given, issuer: "https://given.example.com", audience: shop, algorithms: [ES512], jwks: { file: ./none.json } }
  - { name: partner, requireSubject: "urn:Auth0", audience: "urn:sms", algorithms: [HS256], secrets: [{ env: SALLYPORT_NONE, encoding: base64url }], grant: [m:send] }
  - { name: opaque, audience: any, introspection: { url: "https://as.example.com/introspect", clientId: gw, clientSecret: { env: SALLYPORT_NONE } } }
basic: { routes: true, sunset: 2027-06-30 }
routes:
  - { method: GET, path: /m, scope: m:read }
  - { method: POST, path: /m, scope: m:send, basic: false }
  - { method: GET, path: /api, scope: m:read, resource: api }
  - { method: GET, path: /own, authenticated: true, issuers: [own] }
  - { method: GET, path: /shadow, scope: m:admin, shadow: true }
  - { method: POST, path: /mcp, scope: m:read, mcp: { tools: { send: m:send } } }
  - { path: /health, public: true }
include: [routes.d/*.yaml]
`;
const INCLUDED = 'routes:\n  - { method: GET, path: /team, hosts: [team.example.com], anyOf: ["m:read", "m:send"] }\n';

let folder: string;
let config: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  config = join(folder, 'sallyport.yaml');
  file = join(folder, 'tests.yaml');
  await writeFile(config, CONFIG.replace('include: [routes.d/*.yaml]', 'include: [routes.yaml]'));
  await writeFile(join(folder, 'routes.yaml'), INCLUDED);
});

/** Runs one case for each line, and returns its report. */
async function run(cases: readonly string[], now = '2026-11-27T12:00:00Z') {
  await writeFile(file, `version: 1\nnow: ${now}\ncases:\n${cases.map((one) => `  - ${one}\n`).join('')}`);
  const { code, output } = await runSallyport(['test', '--json', '--config', config, file]);
  return { code, output, report: JSON.parse(output) };
}

const READ = 'method: GET, path: /m';
const SEND = 'method: POST, path: /m';

const CASES: readonly (readonly [what: string, one: string])[] = [
  ['corporate', `${READ}, credential: { issuer: corporate, scopes: [m:read] }, expect: { outcome: allow, route: /m }`],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, algorithm: ES256, claims: { permissions: [m:read] } }, expect: { outcome: allow }`,
  ],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, claims: { scope: m:read } }, expect: { reason: scope_required, scope: m:read, status: 403 }`,
  ],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], claims: { aud: other } }, expect: { reason: token_invalid, check: aud }`,
  ],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], claims: { exp: null } }, expect: { check: exp }`,
  ],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], expiresIn: -5m }, expect: { reason: token_expired, status: 401 }`,
  ],
  [
    'corporate, within clockSkew',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], expiresIn: -20s }, expect: { outcome: allow }`,
  ],
  ['corporate', `${READ}, credential: { issuer: corporate, algorithm: PS256 }, expect: { check: algorithm }`],
  ['corporate', `${READ}, credential: { issuer: corporate, forged: true }, expect: { check: signature }`],
  ['corporate', `${READ}, credential: { issuer: corporate, type: logout+jwt }, expect: { check: type }`],
  [
    'corporate as another',
    `${READ}, credential: { issuer: corporate, algorithm: ES256, claims: { iss: "https://own.local" } }, expect: { reason: token_invalid }`,
  ],
  [
    'corporate',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], revoked: true }, expect: { reason: token_revoked, check: revocation by token id }`,
  ],
  [
    'corporate without an id',
    `${READ}, credential: { issuer: corporate, scopes: [m:read], claims: { jti: null }, revoked: true }, expect: { reason: token_revoked, check: revocation by thumbprint }`,
  ],
  [
    'a resource',
    `method: GET, path: /api, credential: { issuer: corporate, scopes: [m:read] }, expect: { reason: token_invalid, check: audience not taken here }`,
  ],
  [
    'a resource',
    `method: GET, path: /api, credential: { issuer: corporate, scopes: [m:read], claims: { aud: [api-audience] } }, expect: { outcome: allow }`,
  ],
  [
    'keys of a file that is absent',
    `${SEND}, credential: { issuer: given, scopes: [m:send] }, expect: { outcome: allow }`,
  ],
  ['a key set with access', `${SEND}, credential: { issuer: keys, scopes: [m:send] }, expect: { outcome: allow }`],
  [
    'our own',
    `${READ}, credential: { issuer: own, scopes: [m:read] }, expect: { outcome: allow, identity: { x-auth-issuer: own, x-auth-scheme: bearer } }`,
  ],
  ['our own', `${READ}, credential: { issuer: own, scopes: ["all:any"], use: private }, expect: { outcome: allow }`],
  [
    'our own',
    `${READ}, credential: { issuer: own, scopes: [m:read], claims: { token_use: id } }, expect: { reason: token_invalid, check: token_type }`,
  ],
  [
    'our own',
    `${READ}, credential: { issuer: own, scopes: [m:read], claims: { token_use: null } }, expect: { check: token_use }`,
  ],
  ['our own', `${READ}, credential: { issuer: own, type: JWT }, expect: { check: type }`],
  ['our own', `${READ}, credential: { issuer: own, forged: true }, expect: { check: signature }`],
  ['our own', `${READ}, credential: { issuer: own, algorithm: EdDSA }, expect: { reason: token_invalid, check: key }`],
  ['our own', `method: GET, path: /own, credential: { issuer: own }, expect: { outcome: allow }`],
  [
    'an issuer not taken',
    `method: GET, path: /own, credential: { issuer: corporate }, expect: { check: issuer not taken here }`,
  ],
  [
    'a partner',
    `${SEND}, credential: { issuer: partner, claims: { exp: null, jti: null } }, expect: { outcome: allow, identity: { x-auth-subject: "urn:Auth0", x-auth-token-id: null, x-auth-scopes: m:send } }`,
  ],
  ['a partner', `${SEND}, credential: { issuer: partner, subject: other }, expect: { reason: token_invalid }`],
  ['a partner', `${SEND}, credential: { issuer: partner, forged: true }, expect: { check: signature }`],
  [
    'an opaque token',
    `${SEND}, credential: { issuer: opaque, scopes: [m:send], claims: { username: ada } }, expect: { outcome: allow }`,
  ],
  [
    'an opaque token',
    `${SEND}, credential: { issuer: opaque, scopes: [m:send], revoked: true }, expect: { reason: token_revoked }`,
  ],
  [
    'an opaque token without an id',
    `${SEND}, credential: { issuer: opaque, scopes: [m:send], claims: { jti: null }, revoked: true }, expect: { reason: token_revoked }`,
  ],
  [
    'an opaque token',
    `${SEND}, credential: { issuer: opaque, claims: { active: false } }, expect: { reason: token_invalid, check: inactive }`,
  ],
  [
    'Basic',
    `${READ}, credential: { basic: { scopes: [m:read], account: ada } }, expect: { outcome: allow, identity: { X-Auth-Subject: ada, x-auth-scheme: basic } }`,
  ],
  ['Basic', `${READ}, credential: { basic: { scopes: [m:send] } }, expect: { reason: scope_required }`],
  [
    'Basic',
    `${READ}, credential: { basic: { password: wrong } }, expect: { reason: credentials_invalid, check: "basic: password" }`,
  ],
  [
    'Basic',
    `${READ}, credential: { basic: { disabled: true } }, expect: { reason: credentials_invalid, check: "basic: disabled" }`,
  ],
  [
    'Basic',
    `${SEND}, credential: { basic: { scopes: [m:send] } }, expect: { reason: credentials_required, check: scheme }`,
  ],
  [
    'Basic after its sunset',
    `${READ}, now: 2027-07-01, credential: { basic: { scopes: [m:read] } }, expect: { reason: credentials_required }`,
  ],
  ['no credential', `${READ}, expect: { reason: credentials_required, status: 401 }`],
  ['no credential', `${READ}, credential: none, expect: { outcome: deny }`],
  [
    'a public route',
    `method: GET, path: /health, credential: { issuer: corporate, forged: true }, expect: { outcome: allow, route: /health, identity: { x-auth-issuer: null } }`,
  ],
  [
    'shadow mode',
    `method: GET, path: /shadow, credential: { issuer: corporate }, expect: { shadow: true, reason: scope_required, identity: { x-auth-issuer: null } }`,
  ],
  ['an ambiguous path', `method: GET, path: /m/../health, expect: { reason: path_rejected, status: 400, route: none }`],
  ['an ambiguous method', `method: get, path: /health, expect: { reason: path_rejected, check: method }`],
  ['no such route', `method: DELETE, path: /m, expect: { reason: route_denied }`],
  [
    'an included file',
    `method: GET, host: "team.example.com:443", path: /team, credential: { issuer: corporate, scopes: [m:send] }, expect: { outcome: allow, route: /team }`,
  ],
  [
    'an included file',
    `method: GET, host: team.example.com, path: /team, credential: { issuer: corporate }, expect: { reason: scope_required, scope: [m:send, m:read] }`,
  ],
  [
    'MCP',
    `method: POST, path: /mcp, headers: { mcp-method: tools/call, mcp-name: send, MCP-Protocol-Version: "2026-07-28" }, credential: { issuer: corporate, scopes: [m:read] }, expect: { reason: scope_required, scope: [m:read, m:send] }`,
  ],
  [
    'MCP',
    `method: POST, path: /mcp, headers: { mcp-method: [ping, tools/list], mcp-protocol-version: "2026-07-28" }, credential: { issuer: corporate, scopes: [m:read] }, expect: { check: mcp header repeated }`,
  ],
];

describe('sallyport test', () => {
  /** All cases in one run, since each run makes its keys. */
  let judged: Promise<readonly { readonly differences: readonly unknown[] }[]> | undefined;

  it.each(CASES.map(([what, one], index) => ({ what, one, index })))('decides about $what: $one', async ({ index }) => {
    judged ??= run(CASES.map(([, one]) => `{ ${one} }`)).then(({ report }) => report.cases);
    expect((await judged)[index]?.differences).toEqual([]);
  });

  it('reaches no network and no store', async () => {
    const network = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('the network was asked'));
    onTestFinished(() => network.mockRestore());
    const { code } = await run([
      `{ ${READ}, credential: { issuer: corporate, scopes: [m:read] }, expect: { outcome: allow } }`,
      `{ ${SEND}, credential: { issuer: opaque, scopes: [m:send] }, expect: { outcome: allow } }`,
    ]);
    expect(code).toBe(0);
    expect(network).not.toHaveBeenCalled();
    await expect(readFile(join(folder, 'never.db'))).rejects.toThrow('ENOENT');
  });

  it('decides each case for itself: a wrong password or a revocation counts in its case only', async () => {
    const guess = `{ ${READ}, credential: { basic: { password: wrong } }, expect: { reason: credentials_invalid } }`;
    const revoked = `{ ${READ}, credential: { issuer: own, scopes: [m:read], revoked: true }, expect: { reason: token_revoked } }`;
    const valid = `{ ${READ}, credential: { issuer: own, scopes: [m:read] }, expect: { outcome: allow } }`;
    const { report } = await run([...Array.from({ length: 12 }, () => guess), revoked, valid]);
    expect(report.failed).toBe(0);
  });

  it('finds the same at every run', async () => {
    const cases = [`{ ${READ}, credential: { issuer: own, scopes: [m:read] }, expect: { outcome: allow } }`];
    expect((await run(cases)).output).toBe((await run(cases)).output);
  });
});

describe('the report', () => {
  const FAILING = `version: 1
now: 2026-11-27T12:00:00Z
cases:
  - name: right
    method: GET
    path: /health
    expect: { outcome: allow }
  - method: GET
    path: /m
    credential: { issuer: corporate, claims: { aud: other } }
    expect: { outcome: allow, identity: { x-auth-subject: ada } }
`;

  it('shows expected beside found, the steps, the counts and the routes without a case', async () => {
    await writeFile(file, FAILING);
    const { code, output } = await runSallyport(['test', '--config', config, file]);
    expect(code).toBe(1);
    expect(
      output.replaceAll(`${folder}/`, ''),
    ).toBe(`tests.yaml:8: 'GET /m': outcome: expected allow, found deny; identity.x-auth-subject: expected ada, found none
  ok    path          every parser reads it the same way
  ok    route         /m needs m:read
  ok    credential    one credential
  FAIL  verification  failed check: aud, issuer corporate: aud is "other"; issuer corporate accepts "shop", "api-audience"
2 cases: 1 passed, 1 failed
no case reaches 6 of 8 routes:
  sallyport.yaml:17: POST /m
  sallyport.yaml:18: GET /api
  sallyport.yaml:19: GET /own
  sallyport.yaml:20: GET /shadow
  sallyport.yaml:21: POST /mcp
  routes.yaml:2: GET team.example.com/team
`);
  });

  it('is one document with --json', async () => {
    await writeFile(file, FAILING);
    const { code, output } = await runSallyport(['test', '--json', '--config', config, file]);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      passed: 1,
      failed: 1,
      cases: [
        { name: 'right', line: 4, passed: true, differences: [], found: { outcome: 'allow', reason: null } },
        {
          file,
          line: 8,
          passed: false,
          differences: [
            { what: 'outcome', expected: 'allow', found: 'deny' },
            { what: 'identity.x-auth-subject', expected: 'ada', found: 'none' },
          ],
          found: {
            outcome: 'deny',
            reason: 'token_invalid',
            status: 401,
            scope: [],
            route: '/m',
            shadow: false,
            identity: {},
          },
          steps: expect.arrayContaining([expect.objectContaining({ name: 'verification', check: 'aud' })]),
          entries: [],
        },
      ],
      untested: expect.arrayContaining([{ methods: ['POST'], hosts: [], path: '/m', file: config, line: 17 }]),
    });
  });

  it('holds no token and no password', async () => {
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    await writeFile(join(folder, 'token'), `${header}.e30.c2lnbmF0dXJl\n`);
    const { output } = await run([
      `{ ${READ}, credential: { token: { file: ./token } }, expect: { outcome: allow } }`,
      `{ ${READ}, credential: { issuer: opaque }, expect: { reason: token_invalid } }`,
      `{ ${READ}, credential: { basic: {} }, expect: { outcome: allow } }`,
      `{ ${READ}, credential: { issuer: own }, expect: { outcome: allow } }`,
    ]);
    expect(output).not.toMatch(/eyJ|c2lnbmF0dXJl|Basic [A-Za-z0-9]|Bearer [A-Za-z0-9]/);
  });

  it('runs the cases that --filter names, and then says nothing of other routes', async () => {
    await writeFile(file, FAILING);
    const right = await runSallyport(['test', '--filter', 'igh', '--config', config, file]);
    expect(right).toEqual({ code: 0, output: '1 case: 1 passed, 0 failed\n' });
    expect(await runSallyport(['test', '--filter', 'left', '--config', config, file])).toEqual({
      code: 1,
      output: "sallyport: no case has 'left' in its name\n",
    });
    const both = await runSallyport(['test', '--filter', 'x', '--coverage', '--config', config, file]);
    expect(both.code).toBe(2);
  });

  it('fails for a route without a case with --coverage, over all files', async () => {
    await writeFile(
      config,
      'version: 1\nlisten: { extAuthz: "127.0.0.1:1" }\nroutes: [{ path: /a, public: true }, { path: /b, public: true }]\n',
    );
    const other = join(folder, 'other.yaml');
    await writeFile(file, 'version: 1\ncases: [{ method: GET, path: /a, expect: { outcome: allow } }]\n');
    await writeFile(other, 'version: 1\ncases: [{ method: GET, path: /b, expect: { outcome: allow } }]\n');
    expect((await runSallyport(['test', '--config', config, file])).code).toBe(0);
    expect((await runSallyport(['test', '--coverage', '--config', config, file])).code).toBe(1);
    expect(await runSallyport(['test', '--coverage', '--config', config, file, other])).toEqual({
      code: 0,
      output: '2 cases: 2 passed, 0 failed\n',
    });
  });

  it('names the problems of the configuration and of every test file', async () => {
    await writeFile(file, 'version: 1\ncases: []\n');
    const empty = join(folder, 'empty.yaml');
    await writeFile(empty, '');
    const { code, output } = await runSallyport(['test', '--config', config, file, empty]);
    expect(code).toBe(1);
    expect(output).toContain(`${file}:2:1: cases: must not be empty`);
    expect(output).toContain(`${empty}:1:1: the file is empty: begin with 'version: 1'`);
    await writeFile(config, 'version: 2\n');
    const wrong = await runSallyport(['test', '--json', '--config', config, file]);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.output)).toMatchObject({ error: { kind: 'configuration' } });
  });
});

describe('a token in a file', () => {
  async function tokenOf(claims: object, alg = 'HS256'): Promise<void> {
    const signer = new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg });
    await writeFile(join(folder, 'token'), `${await signer.sign(Buffer.alloc(64, 1))}\n`);
  }

  it('is refused as it is, and judged by its claims if an issuer signs it anew', async () => {
    const exp = Date.parse('2026-11-27T13:00:00Z') / 1000;
    await tokenOf({ sub: 'urn:Auth0', aud: 'urn:sms', exp });
    const { report } = await run([
      `{ ${SEND}, credential: { token: { file: ./token } }, expect: { reason: token_invalid, check: signature } }`,
      `{ ${SEND}, credential: { token: { file: ./token, issuer: partner } }, expect: { outcome: allow } }`,
      `{ ${SEND}, now: 2026-11-28, credential: { token: { file: ./token, issuer: partner } }, expect: { reason: token_expired } }`,
      `{ ${SEND}, credential: { token: { file: ./token, issuer: partner }, revoked: true }, expect: { reason: token_revoked } }`,
    ]);
    expect(report.cases.flatMap((one: { differences: unknown[] }) => one.differences)).toEqual([]);
  });

  it('may be malformed', async () => {
    await writeFile(join(folder, 'token'), 'not-a-jwt');
    const { report } = await run([
      `{ ${SEND}, credential: { token: { file: ./token }, revoked: true }, expect: { reason: token_invalid } }`,
    ]);
    expect(report.failed).toBe(0);
  });
});
