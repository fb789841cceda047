import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../load.ts';

interface Parts {
  readonly cors?: string;
  readonly routes?: readonly string[];
  readonly listen?: string;
}

function load({ cors, routes = ['{ path: /m, public: true }'], listen = 'extAuthz: "127.0.0.1:1"' }: Parts) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cors-'));
  try {
    const file = join(folder, 'sallyport.yaml');
    const section = cors === undefined ? '' : `cors: ${cors}\n`;
    const lines = routes.map((route) => `  - ${route}\n`).join('');
    writeFileSync(file, `version: 1\nlisten: { ${listen} }\nstore: "memory:"\n${section}routes:\n${lines}`);
    return loadConfig(file, {});
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemsOf(parts: Parts): readonly string[] {
  const loaded = load(parts);
  const found = loaded.ok ? loaded.warnings : loaded.problems;
  return found.map(({ path, message }) => `${path}: ${message}`);
}

function rulesOf(parts: Parts) {
  const loaded = load(parts);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { all: loaded.config.cors.rule, routes: loaded.config.routes.map(({ cors }) => cors) };
}

const APP = '{ origins: ["https://app.example.com", "https://*.example.org:8443"] }';

describe('cors', () => {
  it('has the usual values, and holds for every route', () => {
    const { all, routes } = rulesOf({ cors: APP });
    expect(all).toEqual({
      origins: {
        every: false,
        exact: new Set(['https://app.example.com']),
        below: [{ scheme: 'https://', suffix: '.example.org:8443' }],
      },
      methods: undefined,
      headers: new Set(['authorization', 'content-type']),
      exposedHeaders: [],
      credentials: false,
      maxAgeSeconds: 600,
      preflight: 'answer',
    });
    expect(routes).toEqual([all]);
  });

  it('is replaced key by key, or ended, by a route', () => {
    const { all, routes } = rulesOf({
      cors: '{ origins: "*", maxAge: 1h }',
      routes: [
        '{ path: /a, public: true, cors: { headers: [x-a], preflight: pass, methods: [PUT], exposeHeaders: [x-b] } }',
        '{ path: /b, public: true, cors: false }',
      ],
    });
    const changed = {
      headers: new Set(['x-a']),
      preflight: 'pass',
      methods: new Set(['PUT']),
      exposedHeaders: ['x-b'],
    };
    expect(routes).toEqual([{ ...all, ...changed }, undefined]);
  });

  it('may be in routes alone', () => {
    const { all, routes } = rulesOf({
      routes: [`{ path: /a, public: true, cors: ${APP} }`, '{ path: /b, public: true }'],
    });
    expect([all, routes[0]?.maxAgeSeconds, routes[1]]).toEqual([undefined, 600, undefined]);
  });

  it.each<[string, Parts, string]>([
    ['no origins', { cors: '{ maxAge: 1h }' }, 'cors: missing: expected origins, here or in cors for all routes'],
    [
      'no origins in a route',
      { routes: ['{ path: /m, public: true, cors: { maxAge: 1h } }'] },
      'routes[0].cors: missing: expected origins, here or in cors for all routes',
    ],
    ['every origin in a list', { cors: '{ origins: ["*"] }' }, "cors.origins[0]: write origins: '*', not as a list"],
    ['null', { cors: '{ origins: ["null"] }' }, "cors.origins[0]: 'null' is the origin of any sandboxed page"],
    [
      'a path',
      { cors: '{ origins: ["https://a.example/"] }' },
      "cors.origins[0]: an origin has no path: write 'https://a.example'",
    ],
    [
      'the default port',
      { cors: '{ origins: ["https://a.example:443"] }' },
      "cors.origins[0]: browsers leave out ':443': write 'https://a.example'",
    ],
    ['no scheme', { cors: '{ origins: [a.example] }' }, 'cors.origins[0]: expected an origin such as'],
    ['upper case', { cors: '{ origins: ["https://A.example"] }' }, 'cors.origins[0]: expected an origin such as'],
    [
      'a wildcard within a name',
      { cors: '{ origins: ["https://a*.example"] }' },
      'cors.origins[0]: expected an origin',
    ],
    [
      'credentials for every page',
      { cors: '{ origins: "*", credentials: true }' },
      "cors: credentials cannot be combined with origins: '*'",
    ],
    [
      'the same in a route that takes over every origin',
      { cors: '{ origins: "*" }', routes: ['{ path: /m, public: true, cors: { credentials: true } }'] },
      "routes[0].cors: credentials cannot be combined with origins: '*'",
    ],
    [
      'a header in upper case',
      { cors: '{ origins: "*", headers: [X-A] }' },
      'cors.headers[0]: expected a name of lower-case letters',
    ],
    [
      'every header',
      { cors: '{ origins: "*", headers: ["*"] }' },
      'cors.headers[0]: expected a name of lower-case letters',
    ],
    [
      'a method in lower case',
      { cors: '{ origins: "*", methods: [put] }' },
      "cors.methods[0]: expected a method such as 'PUT'",
    ],
    ['an age over a day', { cors: '{ origins: "*", maxAge: 48h }' }, 'cors.maxAge: expected a duration from 0s to 24h'],
    [
      'an end of nothing',
      { routes: ['{ path: /m, public: true, cors: false }'] },
      'routes[0].cors: has no effect: there is no rule for all routes that it could end',
    ],
    [
      'true in a route',
      { routes: ['{ path: /m, public: true, cors: true }'] },
      'routes[0].cors: expected false, or a map',
    ],
    [
      'a gateway that can only pass or deny',
      { cors: APP, listen: 'verify: { address: "127.0.0.1:1", mode: forwarded }' },
      'cors: to a gateway with mode: forwarded every 2xx means',
    ],
    [
      'no gateway at all',
      { cors: APP, listen: 'access: "unix:/tmp/a.sock"' },
      'cors: no gateway asks: add listen.extAuthz',
    ],
  ])('says what is wrong with %s', (_, parts, problem) => {
    expect(problemsOf(parts)).toContainEqual(expect.stringContaining(problem));
  });

  it.each<[string, Parts]>([
    ['a gateway that can answer', { cors: APP }],
    [
      'a service that answers',
      { cors: '{ origins: "*", preflight: pass }', listen: 'verify: { address: "127.0.0.1:1", mode: forwarded }' },
    ],
  ])('has no fault with %s', (_, parts) => {
    expect(problemsOf(parts).filter((problem) => problem.startsWith('cors'))).toEqual([]);
  });
});
