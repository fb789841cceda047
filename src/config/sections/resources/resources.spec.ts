import { describe, expect, it } from 'vitest';
import { configOf, fileWith, isOfUse, loadConfigText, problemsOf } from '../../../../test/support/config.ts';

const env = { KEY: 'x'.repeat(64) };
const URL = 'https://sms.example.com/mcp';
const SURROUNDINGS = `scopes: { mcp:use: {}, a:send: {}, a:list: {} }
issuers:
  - { name: own, issuer: https://own.example.com, audience: [sms, '${URL}'], signing: { algorithm: EdDSA } }
  - { name: corporate, issuer: https://login.example.com, audience: any, require: { azp: gw }, algorithms: [RS256], discovery: true }`;
const RESOURCE = `{ name: mcp, url: '${URL}', authorizationServers: ['https://login.example.com'] }`;

/** Resources from line 8 on, one per line, and then the routes. */
function sections(resources: readonly string[], routes: readonly string[] = []): string {
  const lines = (entries: readonly string[]): string =>
    entries.length === 0 ? '' : `\n${entries.map((entry) => `  - ${entry}`).join('\n')}`;
  return `${SURROUNDINGS}\nresources:${lines(resources) || ' []'}\nroutes:${lines(routes) || ' []'}`;
}

function problemsIn(resources: readonly string[], routes: readonly string[] = []): string[] {
  const problems = problemsOf(fileWith(sections(resources, routes)), { env });
  return problems.map((problem) => problem.replace(/^\d+:\d+: /, ''));
}

/** With a listener for the metadata, and a public route to it. */
function warningsIn(text: string): string[] {
  const whole = fileWith(`${text.replace(/\[\]$/, '')}\n  - { path: "/.well-known/**", public: true }`);
  const loaded = loadConfigText(whole.replace('extAuthz', 'tokens: 127.0.0.1:9192, extAuthz'), { env });
  return loaded.ok
    ? loaded.warnings.filter((one) => !isOfUse(one)).map(({ path, message }) => `${path}: ${message}`)
    : ['invalid'];
}

/** The problem of one resource whose `url` is this. */
function urlProblem(url: string): string | undefined {
  const [problem] = problemsIn([RESOURCE.replace(URL, url)]);
  return problem?.replace('resources[0].url: ', '');
}

describe('a resource', () => {
  it('has its URL as its audience, and a metadata URL with the well-known part before the path', () => {
    expect(configOf(sections([RESOURCE]), { env }).resources).toEqual([
      {
        name: 'mcp',
        url: URL,
        metadataUrl: 'https://sms.example.com/.well-known/oauth-protected-resource/mcp',
        audience: [URL],
        authorizationServers: ['https://login.example.com'],
        scopes: undefined,
        documentation: undefined,
        title: undefined,
      },
    ]);
  });

  it('may name audiences, scopes, documentation and a title', () => {
    const more =
      "audience: [sms, 'urn:sms'], scopes: [mcp:use], documentation: 'https://docs.example.com', title: SMS }";
    expect(configOf(sections([RESOURCE.replace(/ }$/, `, ${more}`)]), { env }).resources).toMatchObject([
      { audience: ['sms', 'urn:sms'], scopes: ['mcp:use'], documentation: 'https://docs.example.com', title: 'SMS' },
    ]);
  });

  it.each([
    ['https://sms.example.com', 'https://sms.example.com/.well-known/oauth-protected-resource'],
    ['https://sms.example.com/', 'https://sms.example.com/.well-known/oauth-protected-resource'],
    ['https://sms.example.com:8443/mcp/', 'https://sms.example.com:8443/.well-known/oauth-protected-resource/mcp/'],
    ['http://127.0.0.1:8080/a/b', 'http://127.0.0.1:8080/.well-known/oauth-protected-resource/a/b'],
  ])('%s has its metadata at %s', (url, metadataUrl) => {
    const [resource] = configOf(sections([RESOURCE.replace(URL, url)]), { env }).resources;
    expect(resource).toMatchObject({ url, metadataUrl });
  });

  it.each([
    ['http://sms.example.com/mcp', 'expected an https URL; http is accepted on loopback only'],
    ['sms.example.com/mcp', 'expected the https URL of the resource'],
    ['https://u:p@sms.example.com/mcp', 'a URL must not contain credentials'],
    ['https://sms.example.com/mcp?x=1', 'the URL of a resource must not have a query or fragment'],
    ['https://sms.example.com/mcp#x', 'the URL of a resource must not have a query or fragment'],
    ['https://SMS.example.com/mcp', `write the URL in its normal form: ${URL}`],
    ['https://sms.example.com:443/mcp', `write the URL in its normal form: ${URL}`],
    ['https://sms.example.com/a/../mcp', `write the URL in its normal form: ${URL}`],
    ['HTTPS://sms.example.com', 'write the URL in its normal form: https://sms.example.com'],
  ])('cannot have the URL %s', (url, message) => {
    expect(urlProblem(url)).toBe(message);
  });

  it.each([
    [
      `{ name: Mcp, url: '${URL}', authorizationServers: ['https://a.example'] }`,
      "name: expected 1 to 63 of a-z, 0-9 and '-', found 'Mcp'",
    ],
    [`{ name: mcp, url: '${URL}' }`, 'authorizationServers: missing: expected a list of issuer identifiers'],
    [`{ name: mcp, url: '${URL}', authorizationServers: [] }`, 'authorizationServers: must not be empty'],
    [
      `{ name: mcp, url: '${URL}', authorizationServers: ['http://a.example'] }`,
      'authorizationServers[0]: expected an https URL; http is accepted on loopback only',
    ],
    [RESOURCE.replace(/ }$/, ', scopes: [a:sned] }'), "scopes[0]: unknown scope 'a:sned', did you mean 'a:send'?"],
    [RESOURCE.replace(/ }$/, ', documentation: docs }'), 'documentation: expected the https URL of the documentation'],
  ])('%s', (resource, message) => {
    expect(problemsIn([resource])).toEqual([`resources[0].${message}`]);
  });

  it('has a name and a URL of its own', () => {
    expect(problemsIn([RESOURCE, RESOURCE])).toEqual([
      "resources[1].name: 'mcp' is already the name of resources[0] at line 8",
      `resources[1].url: '${URL}' is already the url of resources[0] at line 8`,
    ]);
  });
});

describe('a route with a resource', () => {
  it('carries the resource, and accepts no Basic', () => {
    const text = `${sections([RESOURCE], ['{ path: /mcp, authenticated: true, resource: mcp }'])}\nbasic: { routes: true }`;
    const { resources, routes } = configOf(text, { env });
    expect(routes).toMatchObject([{ pattern: '/mcp', basic: false, resource: resources[0] }]);
  });

  it.each([
    ['{ path: /mcp, authenticated: true, resource: mpc }', "resource: unknown resource 'mpc', did you mean 'mcp'?"],
    [
      '{ path: /mcp, public: true, resource: mcp }',
      'resource: a public route authenticates no one: resource has no effect here',
    ],
  ])('%s', (route, message) => {
    expect(problemsIn([RESOURCE], [route])).toEqual([`routes[0].${message}`]);
  });

  it('cannot accept Basic', () => {
    const text = sections([RESOURCE], ['{ path: /mcp, authenticated: true, resource: mcp, basic: true }']);
    expect(problemsOf(fileWith(`${text}\nbasic: { routes: true }`), { env })).toEqual([
      '10:62: routes[0].basic: cannot be combined with resource: a password has no audience',
    ]);
  });

  it('cannot accept only issuers whose tokens are not meant for it', () => {
    const other = RESOURCE.replace(URL, 'https://other.example.com');
    const route = '{ path: /mcp, authenticated: true, resource: mcp, issuers: [own] }';
    expect(problemsIn([other], [route])).toEqual([
      "resources[0]: no token passes its routes, because 'own' issues none for it: add 'https://other.example.com' to the audience of the issuer",
    ]);
    expect(problemsIn([other], [route.replace('[own]', '[own, corporate]')])).toEqual([]);
  });
});

describe('a warning', () => {
  it('says that no issuer accepts the tokens of a resource', () => {
    const surroundings = (audience: string): string =>
      `${SURROUNDINGS.split('\n', 2).join('\n')}
  - { name: login, issuer: "https://login.example.com", audience: ${audience}, algorithms: [RS256], discovery: true }`;
    const text = sections([RESOURCE], ['{ path: /mcp, authenticated: true, resource: mcp }']);
    const warnings = (audience: string) => warningsIn(text.replace(SURROUNDINGS, surroundings(audience)));
    expect(warnings('https://api.example.com')).toEqual([
      `resources[0]: tokens for it alone do not pass its routes: add '${URL}' to the audience of the issuer`,
    ]);
    expect(warnings(`["https://api.example.com", "${URL}"]`)).toEqual([]);
    expect(warnings('any')).toEqual([]);
  });

  it('names the routes on which tokens of a resource pass too', () => {
    const routes = [
      '{ path: /mcp, authenticated: true, resource: mcp }',
      '{ path: /a, scope: a:list }',
      '{ path: /b, scope: a:list, issuers: [corporate] }',
      '{ path: /c, public: true }',
    ];
    expect(warningsIn(sections([RESOURCE], routes))).toEqual([
      "resources[0]: tokens of 'own' for it pass on 1 route without a resource too: give each a resource, or restrict its issuers",
    ]);
    expect(warningsIn(sections([RESOURCE], routes.slice(0, 1)))).toEqual([]);
  });

  it('names an authorization server whose tokens no issuer accepts', () => {
    expect(warningsIn(sections([RESOURCE.replace('login.', 'other.')]))).toEqual([
      "resources[0].authorizationServers[0]: no issuer accepts its tokens: expected the value of issuer of one of the issuers, 'https://own.example.com' or 'https://login.example.com'",
    ]);
  });

  it('names a route that matches other methods and does not look at tools', () => {
    const routes = [
      "{ path: /mcp, method: POST, authenticated: true, mcp: { tools: { '*': a:send } } }",
      '{ path: /mcp, authenticated: true }',
    ];
    expect(warningsIn(sections([], routes))).toEqual([
      "routes[1]: '/mcp' matches every other method and requires less than 'POST /mcp', routes[0] at line 9: list its methods",
    ]);
  });
});

describe('the metadata of a resource', () => {
  const route = '{ path: /mcp, authenticated: true, resource: mcp, issuers: [corporate] }';
  const SERVED = 'version: 1\nlisten: { tokens: 127.0.0.1:9192 }\n';
  const HIDDEN =
    'clients cannot read its metadata: add a public route for GET /.well-known/oauth-protected-resource/mcp';

  function warningsOf(text: string): string[] {
    const loaded = loadConfigText(text, { env });
    return loaded.ok
      ? loaded.warnings.filter((one) => !isOfUse(one)).map(({ path, message }) => `${path}: ${message}`)
      : ['invalid'];
  }

  it('needs a listener and a public route', () => {
    expect(warningsOf(fileWith(sections([RESOURCE], [route])))).toEqual([
      'resources[0]: no listener serves its metadata: open listen.tokens',
      `resources[0]: ${HIDDEN}`,
    ]);
    const open = '{ path: "/.well-known/oauth-protected-resource/**", public: true }';
    expect(warningsOf(SERVED + sections([RESOURCE], [route, open]))).toEqual([]);
    for (const other of [
      '{ path: "/.well-known/**", authenticated: true, issuers: [corporate] }',
      open.replace(' }', ', hosts: [x.example] }'),
    ]) {
      expect(warningsOf(SERVED + sections([RESOURCE], [route, other]))).toContain(`resources[0]: ${HIDDEN}`);
    }
  });

  it('opens the listener without an issuer of our own', () => {
    const text = sections([RESOURCE]).replace(/\n.*name: own.*/, '');
    expect(problemsOf(SERVED + text, { env })).toEqual([]);
    expect(problemsOf(SERVED + text.replace(/resources:\n.*/, ''), { env })).toEqual([
      '2:19: listen.tokens: the token service needs an issuer with signing: accounts and their tokens belong to it; add one, or leave listen.tokens out',
    ]);
  });
});

describe('mcp', () => {
  const TOOLS = "mcp: { tools: { send_message: a:send, '*': a:list } }";

  it('adds the scope of the tool to those of the route', () => {
    const route = `{ path: /mcp, method: POST, scope: mcp:use, ${TOOLS} }`;
    const [read] = configOf(sections([], [route]), { env }).routes;
    expect(read?.mcp?.tools).toEqual(
      new Map([
        ['send_message', { kind: 'allOf', scopes: ['mcp:use', 'a:send'] }],
        ['*', { kind: 'allOf', scopes: ['mcp:use', 'a:list'] }],
      ]),
    );
  });

  it('names each scope once', () => {
    const route = `{ path: /mcp, scope: a:send, ${TOOLS} }`;
    const [read] = configOf(sections([], [route]), { env }).routes;
    expect(read?.mcp?.tools.get('send_message')).toEqual({ kind: 'allOf', scopes: ['a:send'] });
  });

  it.each([
    [
      `{ path: /mcp, anyOf: [a:send, a:list], ${TOOLS} }`,
      'anyOf: cannot be combined with mcp: expected scope, allOf or authenticated',
    ],
    [
      `{ path: /mcp, method: GET, authenticated: true, ${TOOLS} }`,
      'mcp: clients send messages with POST, which this route does not match',
    ],
    [`{ path: /mcp, public: true, ${TOOLS} }`, 'mcp: a public route authenticates no one: mcp has no effect here'],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: {} } }',
      "mcp.tools: must not be empty: expected a tool, or '*' for every tool",
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: {} }',
      "mcp.tools: missing: expected a map of tool names to scopes, such as { send_message: 'messages:send' }",
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: { x: a:sned } } }',
      "mcp.tools.x: unknown scope 'a:sned', did you mean 'a:send'?",
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: { x: all:any } } }',
      "mcp.tools.x: 'all:any' can be granted but not required: it covers every scope that a route names",
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: { x: [a:send] } } }',
      'mcp.tools.x: expected a scope, found a list',
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: { "": a:send } } }',
      "mcp.tools: expected the name of a tool, 1 to 256 characters without control characters, found ''",
    ],
    [
      '{ path: /mcp, authenticated: true, mcp: { tools: { __proto__: a:sned } } }',
      "mcp.tools.__proto__: unknown scope 'a:sned', did you mean 'a:send'?",
    ],
  ])('%s', (route, message) => {
    expect(problemsIn([], [route])).toEqual([`routes[0].${message}`]);
  });
});
