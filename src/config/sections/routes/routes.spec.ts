import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';

const env = { KEY: 'x'.repeat(64) };
const SURROUNDINGS = `scopes: { a:read: {}, a:write: {} }
issuers:
  - { name: own, issuer: us, signing: { algorithm: EdDSA } }
  - { name: partner, audience: sms, algorithms: [HS256], secrets: [{ env: KEY }] }
basic: { routes: true }
routes:`;

/** One route per line, from line 9 on. */
function routesWith(...routes: string[]): string {
  return `${SURROUNDINGS}\n${routes.map((route) => `  - ${route}`).join('\n')}`;
}

describe('a valid route', () => {
  const plain = {
    pattern: '/a',
    hosts: [],
    methods: [],
    issuers: undefined,
    basic: true,
    sufficient: undefined,
    shadow: false,
  };

  it.each([
    ['{ path: /a, scope: a:read }', { requirement: { kind: 'allOf', scopes: ['a:read'] } }],
    ['{ path: /a, scope: tokens:manage }', { requirement: { kind: 'allOf', scopes: ['tokens:manage'] } }],
    ['{ path: /a, allOf: [a:read, a:write] }', { requirement: { kind: 'allOf', scopes: ['a:read', 'a:write'] } }],
    ['{ path: /a, anyOf: [a:read, a:write] }', { requirement: { kind: 'anyOf', scopes: ['a:read', 'a:write'] } }],
    ['{ path: /a, public: true }', { requirement: { kind: 'public' }, basic: false }],
    ['{ path: /a, authenticated: true, method: GET }', { requirement: { kind: 'authenticated' }, methods: ['GET'] }],
    [
      '{ path: /a, authenticated: true, methods: [GET, M-SEARCH], hosts: [a.example.com, "*.example.com"], issuers: [partner], basic: false, shadow: true }',
      {
        requirement: { kind: 'authenticated' },
        methods: ['GET', 'M-SEARCH'],
        hosts: ['a.example.com', '*.example.com'],
        issuers: new Set(['partner']),
        basic: false,
        shadow: true,
      },
    ],
  ])('%s', (route, rest) => {
    expect(configOf(routesWith(route), { env }).routes).toEqual([{ ...plain, ...rest }]);
  });

  it('accepts no Basic by default', () => {
    expect(configOf('routes: [{ path: /a, authenticated: true }]').routes).toMatchObject([{ basic: false }]);
  });
});

describe('an invalid route', () => {
  const ONE = 'expected exactly one of scope, anyOf, allOf, authenticated and public';

  it.each([
    ['nonsense', 'routes[0]: expected a map, found a string'],
    ['{ scope: a:read }', 'routes[0].path: missing: expected a path such as /v1/messages/{id}'],
    ['{ path: a, public: true }', "routes[0].path: a path must begin with '/', found 'a'"],
    ['{ path: /a }', `routes[0]: ${ONE}, found none`],
    ['{ path: /a, scope: a:read, public: true }', `routes[0]: ${ONE}, found scope and public`],
    ['{ path: /a, public: false }', 'routes[0].public: expected true, found false: leave the key out instead'],
    [
      '{ path: /a, authenticated: "yes" }',
      "routes[0].authenticated: expected true, found 'yes': leave the key out instead",
    ],
    ['{ path: /a, anyOf: [] }', 'routes[0].anyOf: must not be empty'],
    ['{ path: /a, allOf: a:read }', "routes[0].allOf: expected a list of scopes, found 'a:read'"],
    ['{ path: /a, allOf: [a:read, a:read] }', "routes[0].allOf[1]: 'a:read' is listed twice"],
    ['{ path: /a, scope: a:raed }', "routes[0].scope: unknown scope 'a:raed', did you mean 'a:read'?"],
    [
      '{ path: /a, anyOf: [a:read, x:y] }',
      "routes[0].anyOf[1]: unknown scope 'x:y': it is not in the catalogue (scopes)",
    ],
    [
      '{ path: /a, allOf: [tokens:mange] }',
      "routes[0].allOf[0]: unknown scope 'tokens:mange', did you mean 'tokens:manage'?",
    ],
    [
      '{ path: /a, scope: all:any }',
      "routes[0].scope: 'all:any' can be granted but not required: it covers every scope that a route names",
    ],
    ['{ path: /a, public: true, method: get }', "routes[0].method: methods are upper case: write 'GET'"],
    ['{ path: /a, public: true, method: "*" }', "routes[0].method: expected a method such as 'GET', found '*'"],
    ['{ path: /a, public: true, methods: [] }', 'routes[0].methods: must not be empty'],
    ['{ path: /a, public: true, methods: [GET, GET] }', "routes[0].methods[1]: 'GET' is listed twice"],
    ['{ path: /a, public: true, methods: GET }', "routes[0].methods: expected a list of methods, found 'GET'"],
    [
      '{ path: /a, public: true, method: GET, methods: [PUT] }',
      'routes[0].methods: expected one of method and methods, found both',
    ],
    ['{ path: /a, public: true, hosts: [] }', 'routes[0].hosts: must not be empty'],
    [
      '{ path: /a, public: true, hosts: [A.example.com] }',
      "routes[0].hosts[0]: host names are lower case: write 'a.example.com'",
    ],
    [
      '{ path: /a, public: true, hosts: ["a.example.com:443"] }',
      "routes[0].hosts[0]: write a host without its port, found 'a.example.com:443'",
    ],
    [
      '{ path: /a, public: true, hosts: ["a.*.com"] }',
      "routes[0].hosts[0]: expected a host name such as 'api.example.com' or '*.example.com', found 'a.*.com'",
    ],
    [
      '{ path: /a, public: true, hosts: ["*"] }',
      "routes[0].hosts[0]: expected a host name such as 'api.example.com' or '*.example.com', found '*'",
    ],
    ['{ path: /a, authenticated: true, issuers: [] }', 'routes[0].issuers: must not be empty'],
    [
      '{ path: /a, authenticated: true, issuers: [partnr] }',
      "routes[0].issuers[0]: unknown issuer 'partnr', did you mean 'partner'?",
    ],
    [
      '{ path: /a, public: true, issuers: [own] }',
      'routes[0].issuers: a public route authenticates no one: issuers has no effect here',
    ],
    [
      '{ path: /a, public: true, bound: mtls }',
      'routes[0].bound: a public route authenticates no one: bound has no effect here',
    ],
    [
      '{ path: /a, authenticated: true, basic: true, bound: any }',
      'routes[0].basic: cannot be combined with bound: a password is bound to no client',
    ],
    ['{ path: /a, authenticated: true, bound: yes }', "routes[0].bound: expected any, mtls or dpop, found 'yes'"],
    [
      '{ path: /a, public: true, basic: false }',
      'routes[0].basic: a public route authenticates no one: basic has no effect here',
    ],
    [
      '{ path: /a, public: true, credentials: [authorization] }',
      'routes[0].credentials: a public route authenticates no one: credentials has no effect here',
    ],
    ['{ path: /a, public: true, shdow: true }', "routes[0]: unknown key 'shdow', did you mean 'shadow'?"],
  ])('%s', (route, problem) => {
    const problems = problemsOf(fileWith(routesWith(route)), { env });
    expect(problems.map((found) => found.replace(/^9:[0-9]+: /, ''))).toEqual([problem]);
  });

  it.each([
    [
      ['{ method: GET, path: "/a/{x}", public: true }', '{ methods: [PUT, GET], path: "/a/{y}", public: true }'],
      "10:5: routes[1]: 'PUT,GET /a/{y}' conflicts with 'GET /a/{x}', routes[0] at line 9: both match the same requests",
    ],
    [
      ['{ path: /a, public: true }', '{ path: /b, public: true }', '{ path: /a, authenticated: true }'],
      "11:5: routes[2]: '/a' conflicts with '/a', routes[0] at line 9: both match the same requests",
    ],
    [
      ['{ hosts: [a, b], path: /a, public: true }', '{ hosts: [b, a], path: /a, public: true }'],
      "10:5: routes[1]: 'b,a/a' conflicts with 'a,b/a', routes[0] at line 9: both match the same requests",
    ],
  ])('conflicts with another: %j', (routes, problem) => {
    expect(problemsOf(fileWith(routesWith(...routes)), { env })).toEqual([problem]);
  });

  it('hides no problem of another', () => {
    const routes = ['{ path: /a, scpoe: a:read }', '{ path: /b, scope: a:raed }', '{ path: /b, public: true }'];
    expect(problemsOf(fileWith(routesWith(...routes)), { env })).toEqual([
      "9:17: routes[0]: unknown key 'scpoe', did you mean 'scope'?",
      "10:24: routes[1].scope: unknown scope 'a:raed', did you mean 'a:read'?",
      "11:5: routes[2]: '/b' conflicts with '/b', routes[1] at line 10: both match the same requests",
    ]);
  });

  it('accepts Basic while basic.routes is off', () => {
    expect(problemsOf(fileWith('routes: [{ path: /a, authenticated: true, basic: true }]'))).toEqual([
      '3:50: routes[0].basic: requires basic.routes: true',
    ]);
  });

  it('accepts Basic although its issuers leave out our own, to which the accounts belong', () => {
    const routes = [
      '{ path: /a, authenticated: true, issuers: [partner], basic: true }',
      '{ path: /b, authenticated: true, issuers: [partner] }',
    ];
    expect(problemsOf(fileWith(routesWith(...routes)), { env })).toEqual([
      "9:65: routes[0].basic: accounts belong to 'own', which issuers does not list",
    ]);
  });

  it('accepts Basic without an issuer for accounts', () => {
    expect(problemsOf(fileWith('basic: { routes: true }'))).toEqual([
      '3:18: basic.routes: Basic needs an issuer with signing: accounts and their tokens belong to it',
    ]);
  });

  it('is missing', () => {
    expect(problemsOf('version: 1\nlisten: { extAuthz: 127.0.0.1:1 }')).toEqual([
      '1:1: routes: missing: expected a list',
    ]);
  });
});
