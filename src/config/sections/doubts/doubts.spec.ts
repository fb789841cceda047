import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../load.ts';

const OWN = '{ name: own, issuer: "https://s.local", signing: { algorithm: EdDSA } }';
const CORPORATE =
  '{ name: corporate, issuer: "https://c.example", audience: a, algorithms: [RS256], jwks: "https://c.example/k", allowScopes: [m:read] }';

const asking = (name: string, audience: string, path = ''): string =>
  `{ name: ${name}, audience: ${audience}, allowScopes: [m:read], introspection: { url: "https://as.example/${path}", clientId: c, clientSecret: { env: S } } }`;

interface Parts {
  readonly listen?: string;
  readonly scopes?: string;
  readonly issuers?: string;
  readonly routes: readonly string[];
}

/** The warnings of a configuration, as `line: path: message`. */
function warningsOf({ listen = 'extAuthz: "127.0.0.1:1"', scopes = 'm:read: {}', issuers = OWN, routes }: Parts) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-doubts-'));
  try {
    const file = join(folder, 'sallyport.yaml');
    const lines = routes.map((route) => `  - ${route}\n`).join('');
    const text = `version: 1\nlisten: { ${listen} }\nscopes: { ${scopes} }\nissuers: [${issuers}]\nstore: "memory:"\nroutes:\n${lines}`;
    writeFileSync(file, text);
    const loaded = loadConfig(file, { S: 'hunter2' });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.warnings.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const READ = '{ path: /m, scope: m:read }';

describe('sallyport check warns of', () => {
  it.each<[string, Parts, string]>([
    ['a scoped route without any issuer', { issuers: '', routes: [READ] }, '7: routes[0]: no issuer is configured'],
    [
      'a route whose scope no accepted issuer grants',
      {
        issuers: `${OWN}, ${CORPORATE}`,
        scopes: 'm:read: {}, m:send: {}',
        routes: [READ, '{ path: /s, scope: m:send, issuers: [corporate] }'],
      },
      '8: routes[1]: no issuer that it accepts can grant m:send, so it denies every request',
    ],
    [
      'a route that reads the query where the gateway cannot remove it',
      {
        listen: 'extAuthz: "127.0.0.1:1", verify: { address: "127.0.0.1:2", mode: nginx }',
        routes: ['{ path: /m, scope: m:read, credentials: [{ query: access_token }] }'],
      },
      '7: routes[0].credentials: listen.verify has a mode: only Envoy over gRPC removes a query parameter, so other gateways deny a request with one',
    ],
    [
      'two issuers that ask one server about the same tokens',
      { issuers: `${asking('one', 'a')}, ${asking('two', '[b, a]')}`, routes: [READ] },
      "4: issuers[1].introspection: asks the server of 'one' too, so a token may be accepted as that of either",
    ],
    [
      'two issuers that ask one server, of which one accepts every audience',
      { issuers: `${asking('one', 'any')}, ${asking('two', 'a')}`, routes: [READ] },
      "4: issuers[1].introspection: asks the server of 'one' too",
    ],
    [
      'a scope that nothing requires',
      { scopes: 'm:read: {}, m:send: {}', routes: [READ] },
      "3: scopes.m:send: no route requires 'm:send'",
    ],
    [
      'an issuer that no route accepts',
      { issuers: `${OWN}, ${CORPORATE}`, routes: ['{ path: /m, scope: m:read, issuers: [own] }'] },
      "4: issuers[1].name: no route accepts tokens of 'corporate'",
    ],
    [
      'a host whose routes hide wider ones',
      { routes: [READ, '{ hosts: [a.example], path: /other, scope: m:read }'] },
      "8: routes[1].hosts: for 'a.example' only its own routes count, so 1 route without hosts is not in force there (such as '/m')",
    ],
    [
      'a literal segment that looks like a parameter',
      { routes: ['{ path: "/m/:message-id", scope: m:read }'] },
      "7: routes[0].path: ':message-id' matches these very characters",
    ],
    [
      'a token service on every address without TLS',
      { listen: 'tokens: "0.0.0.0:9192"', routes: [READ] },
      '2: listen.tokens: every address of this machine takes passwords and tokens unencrypted',
    ],
    ['the same on IPv6', { listen: 'tokens: "[::]:9192"', routes: [READ] }, '2: listen.tokens: every address'],
  ])('%s', (_what, parts, expected) => {
    expect(warningsOf(parts)).toEqual([expect.stringContaining(expected)]);
  });
});

describe('sallyport check does not warn of', () => {
  it.each<[string, Parts]>([
    ['a map that uses everything', { routes: [READ, '{ path: /health, public: true }'] }],
    [
      'a scope and an issuer that services may ask about',
      {
        listen: 'access: "127.0.0.1:1"',
        issuers: `${OWN}, ${CORPORATE}`,
        scopes: 'm:read: {}, m:send: {}',
        routes: ['{ path: /m, scope: m:read, issuers: [own] }'],
      },
    ],
    [
      'a host with every wider path, or with a route for all',
      {
        routes: [
          READ,
          '{ hosts: [a.example], path: /m, public: true }',
          '{ hosts: [b.example], path: "/**", scope: m:read }',
        ],
      },
    ],
    [
      'a token service on every address that says insecure: true',
      {
        listen: 'tokens: { address: "0.0.0.0:9192", insecure: true }',
        routes: [READ],
      },
    ],
    [
      'issuers that ask one server about different tokens, or different servers',
      { issuers: `${asking('one', 'a')}, ${asking('two', 'b')}, ${asking('three', 'a', 'other')}`, routes: [READ] },
    ],
    ['public routes without an issuer', { issuers: '', scopes: '', routes: ['{ path: /m, public: true }'] }],
  ])('%s', (_what, parts) => {
    expect(warningsOf(parts)).toEqual([]);
  });
});
