import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';

const env = { KEY: 'x'.repeat(64), SHORT: 'x'.repeat(15) };
const OWN = '{ name: own, issuer: us, signing: { algorithm: EdDSA } }';
const JWKS = 'issuer: them, audience: sms, algorithms: [RS256], jwks: "https://them/jwks"';
const DISCOVERY = 'issuer: "https://them", audience: sms, algorithms: [ES256], discovery: true';
const INTROSPECTION = '{ url: "https://them/introspect", clientId: gw, clientSecret: { env: KEY } }';
const SECRETS = 'audience: sms, algorithms: [HS256], secrets: [{ env: KEY }]';

/** A catalogue, and one issuer per line from line 5 on. */
function issuersWith(...issuers: string[]): string {
  return fileWith(
    `scopes: { a:read: {}, a:write: {} }\nissuers:\n${issuers.map((issuer) => `  - ${issuer}`).join('\n')}`,
  );
}

function issuerOf(issuer: string) {
  return configOf(issuersWith(issuer).split('\n').slice(2).join('\n'), { env }).issuers[0];
}

describe('a valid issuer', () => {
  it('is our own, with every default', () => {
    expect(issuerOf(OWN)).toEqual({
      kind: 'signing',
      name: 'own',
      issuer: ['us'],
      audience: undefined,
      algorithms: ['HS256', 'ES256', 'RS256', 'PS256', 'EdDSA'],
      signing: { algorithm: 'EdDSA', sealWith: undefined, publishAheadSeconds: 600 },
      ttl: { defaultSeconds: 86_400, maxSeconds: 604_800, privateMaxSeconds: 31_536_000 },
    });
  });

  it('is our own, with every key written', () => {
    const issuer = issuerOf(
      '{ name: own, issuer: us, audience: [a, b], signing: { algorithm: HS256, sealWith: { env: KEY }, publishAhead: 2d }, ttl: { default: 1h, max: 1h } }',
    );
    expect(issuer).toMatchObject({
      audience: ['a', 'b'],
      signing: { algorithm: 'HS256', publishAheadSeconds: 172_800 },
      ttl: { defaultSeconds: 3600, maxSeconds: 3600 },
    });
    expect(issuer?.kind === 'signing' && issuer.signing.sealWith?.reveal()).toHaveLength(64);
  });

  it('publishes its key set', () => {
    expect(issuerOf(`{ name: them, ${JWKS} }`)).toEqual({
      kind: 'jwks',
      name: 'them',
      issuer: ['them'],
      tenants: undefined,
      claimedByOthers: new Set(),
      audience: ['sms'],
      algorithms: ['RS256'],
      jwks: new URL('https://them/jwks'),
      maxStaleMs: 86_400_000,
      require: [],
      requireSubject: undefined,
      requireExpiry: true,
      scopeClaim: undefined,
      allowScopes: new Set(['a:read', 'a:write']),
      grant: undefined,
    });
  });

  it('publishes the URL of its key set in its metadata', () => {
    expect(issuerOf(`{ name: them, ${DISCOVERY}, maxStale: 1h }`)).toMatchObject({
      kind: 'discovery',
      issuer: ['https://them'],
      metadataIssuer: 'https://them',
      algorithms: ['ES256'],
      requireExpiry: true,
      maxStaleMs: 3_600_000,
    });
  });

  it('shares a secret', () => {
    const issuer = issuerOf(
      '{ name: them, requireSubject: s, audience: any, algorithms: [HS256, HS512], secrets: [{ env: KEY }], scopeClaim: perms, allowScopes: [all:any, tokens:manage], grant: [a:read] }',
    );
    expect(issuer).toMatchObject({
      kind: 'secrets',
      issuer: [],
      audience: undefined,
      algorithms: ['HS256', 'HS512'],
      requireSubject: 's',
      requireExpiry: false,
      scopeClaim: [['perms']],
      allowScopes: new Set(['all:any', 'tokens:manage']),
      grant: ['a:read'],
    });
  });

  it('knows the iss of every other issuer, so that one without iss accepts none of them', () => {
    const opaque = `{ name: c, issuer: c, audience: any, introspection: ${INTROSPECTION} }`;
    const { issuers } = configOf(
      issuersWith(OWN, `{ name: a, ${JWKS} }`, `{ name: b, ${SECRETS} }`, opaque).split('\n').slice(2).join('\n'),
      { env },
    );
    const [, , profile] = issuers;
    expect(profile).toMatchObject({ name: 'b', claimedByOthers: new Set(['us', 'them', 'c']) });
  });

  it('may require the client secret in the form', () => {
    const issuer = `{ name: them, audience: any, introspection: ${INTROSPECTION.replace('{', '{ clientAuth: post,')} }`;
    expect(issuerOf(issuer)).toMatchObject({ introspection: { clientAuth: 'post' } });
  });

  it('introspects its opaque tokens', () => {
    const issuer = issuerOf(`{ name: them, audience: any, introspection: ${INTROSPECTION} }`);
    expect(issuer).toEqual({
      kind: 'introspection',
      name: 'them',
      issuer: [],
      claimedByOthers: new Set(),
      audience: undefined,
      introspection: {
        url: new URL('https://them/introspect'),
        clientId: 'gw',
        clientSecret: expect.anything(),
        clientAuth: 'basic',
        cacheMs: 10_000,
      },
      require: [],
      requireSubject: undefined,
      requireExpiry: false,
      scopeClaim: undefined,
      allowScopes: new Set(['a:read', 'a:write']),
      grant: undefined,
    });
    expect(issuer?.kind === 'introspection' && issuer.introspection.clientSecret.reveal()).toHaveLength(64);
  });

  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
  ])('has its responses cached for %s', (cache, cacheMs) => {
    const issuer = `{ name: them, issuer: them, audience: any, introspection: ${INTROSPECTION.replace('{', `{ cache: ${cache},`)} }`;
    expect(issuerOf(issuer)).toMatchObject({ issuer: ['them'], introspection: { cacheMs } });
  });

  it('may share its iss with issuers of opaque tokens', () => {
    const opaque = `{ name: opaque, issuer: them, audience: any, introspection: ${INTROSPECTION} }`;
    expect(
      problemsOf(issuersWith(`{ name: jwts, ${JWKS} }`, opaque, opaque.replace('opaque', 'other')), { env }),
    ).toEqual([]);
  });

  it.each([
    [`{ name: a, ${SECRETS} }`, false],
    [`{ name: a, issuer: them, ${SECRETS} }`, true],
    [`{ name: a, requireExpiry: true, ${SECRETS} }`, true],
    [`{ name: a, requireExpiry: false, ${JWKS} }`, false],
  ])('requires exp as written, or by its kind: %s', (issuer, requireExpiry) => {
    expect(issuerOf(issuer)).toMatchObject({ requireExpiry });
  });

  it.each(['https://h/k', 'http://127.0.0.1:1/k', 'http://127.9.9.9/k', 'http://[::1]:1/k', 'http://localhost/k'])(
    'has its key set at %s',
    (url) => {
      expect(issuerOf(`{ name: a, ${JWKS.replace('https://them/jwks', url)} }`)).toMatchObject({ jwks: new URL(url) });
    },
  );
});

describe('an invalid issuer', () => {
  const BY_REFERENCE = 'a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }';
  const KINDS = 'expected exactly one of signing, jwks, discovery, secrets and introspection';
  const STALE = 'expected a duration from 10m to 7d, such as 150ms, 30s, 5m or 24h';
  const ISSUER_MESSAGE = 'issuers[0].issuer: expected an https URL; http is accepted on loopback only';
  const QUERY_MESSAGE = 'issuers[0].issuer: the URL of an issuer must not have a query or fragment';
  const HMAC_MESSAGE =
    "issuers[0].algorithms[0]: 'HS256' cannot be used with discovery: it needs a shared secret; use an algorithm with a key pair";
  const URL_MESSAGE = 'issuers[0].jwks: expected an https URL; http is accepted on loopback only';

  it.each([
    ['them', 'issuers[0]: expected a map, found a string'],
    ['{ name: a }', `issuers[0]: ${KINDS}, found none`],
    [`{ name: a, jwks: x, secrets: [] }`, `issuers[0]: ${KINDS}, found jwks and secrets`],
    ['{ name: a, jwks: x, discovery: true }', `issuers[0]: ${KINDS}, found jwks and discovery`],
    ['{ name: a, discovery: true, introspection: {} }', `issuers[0]: ${KINDS}, found discovery and introspection`],
    [
      '{ name: a, audience: any, introspection: {} }',
      [
        'issuers[0].introspection.url: expected the https URL of an introspection endpoint',
        'issuers[0].introspection.clientId: missing: expected the client_id of Sallyport at this server',
        `issuers[0].introspection.clientSecret: ${BY_REFERENCE}`,
      ],
    ],
    [
      `{ name: a, introspection: ${INTROSPECTION} }`,
      "issuers[0].audience: missing: expected an audience, a list of audiences, or 'any'",
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('https:', 'http:')} }`,
      'issuers[0].introspection.url: expected an https URL; http is accepted on loopback only',
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('//', '//gw:hunter2@')} }`,
      'issuers[0].introspection.url: a URL must not contain credentials',
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('{ env: KEY }', 'hunter2')} }`,
      `issuers[0].introspection.clientSecret: ${BY_REFERENCE}`,
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('KEY', 'NONE')} }`,
      'issuers[0].introspection.clientSecret.env: the environment variable NONE is not set',
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('{', '{ clientAuth: jwt,')} }`,
      "issuers[0].introspection.clientAuth: expected 'basic' or 'post', found 'jwt'",
    ],
    [
      `{ name: a, audience: any, introspection: ${INTROSPECTION.replace('{', '{ cache: 11s,')} }`,
      "issuers[0].introspection.cache: expected a duration from 0s to 10s, such as 150ms, 30s, 5m or 24h, found '11s'",
    ],
    [
      `{ name: a, audience: any, algorithms: [RS256], introspection: ${INTROSPECTION} }`,
      "issuers[0]: unknown key 'algorithms', expected name, audience, bound, requireSubject, require, requireExpiry, subjectClaim, scopeClaim, scopeMap, allowScopes, grant, issuer or introspection",
    ],
    [
      `{ name: a, audience: any, grant: [x], introspection: ${INTROSPECTION} }`,
      "issuers[0].grant[0]: unknown scope 'x': it is not in the catalogue (scopes)",
    ],
    ['{ name: a, jwsk: "https://x" }', "issuers[0]: unknown key 'jwsk', did you mean 'jwks'?"],
    [`{ name: Them, ${JWKS} }`, "issuers[0].name: expected 1 to 63 of a-z, 0-9 and '-', found 'Them'"],
    [`{ ${JWKS} }`, 'issuers[0].name: missing: expected a name'],
    [`{ name: a, issuer: "", ${SECRETS} }`, 'issuers[0].issuer: must not be empty'],
    [
      `{ name: a, ${JWKS.replace('issuer: them, ', '')} }`,
      'issuers[0].issuer: missing: expected the value of `iss`, or a list of values',
    ],
    [
      `{ name: a, ${JWKS.replace('audience: sms, ', '')} }`,
      "issuers[0].audience: missing: expected an audience, a list of audiences, or 'any'",
    ],
    [`{ name: a, ${JWKS.replace('sms', '[]')} }`, 'issuers[0].audience: must not be empty'],
    [`{ name: a, ${JWKS.replace('sms', '""')} }`, 'issuers[0].audience: must not be empty'],
    [
      `{ name: a, ${JWKS.replace('sms', '[b, any]')} }`,
      "issuers[0].audience[1]: 'any' cannot be combined with other audiences: write audience: any",
    ],
    [`{ name: a, ${JWKS.replace('sms', '[b, b]')} }`, "issuers[0].audience[1]: 'b' is listed twice"],
    [
      `{ name: a, ${JWKS.replace('algorithms: [RS256], ', '')} }`,
      'issuers[0].algorithms: missing: expected a list of algorithms',
    ],
    [`{ name: a, ${JWKS.replace('RS256', '')} }`, 'issuers[0].algorithms: must not be empty'],
    [
      `{ name: a, ${JWKS.replace('RS256', 'RS265')} }`,
      "issuers[0].algorithms[0]: expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519, found 'RS265', did you mean 'RS256'?",
    ],
    [
      `{ name: a, ${JWKS.replace('RS256', 'none')} }`,
      "issuers[0].algorithms[0]: expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519, found 'none'",
    ],
    [
      `{ name: a, ${JWKS.replace('RS256', 'RS256, HS256')} }`,
      "issuers[0].algorithms[1]: 'HS256' cannot be used with jwks: it needs a shared secret; use an algorithm with a key pair",
    ],
    [
      `{ name: a, ${SECRETS.replace('HS256', 'ES256')} }`,
      "issuers[0].algorithms[0]: 'ES256' cannot be used with secrets: expected HS256, HS384 or HS512",
    ],
    [`{ name: a, ${JWKS.replace('https:', 'http:')} }`, URL_MESSAGE],
    [`{ name: a, ${JWKS.replace('https://them', 'http://127.0.0.1.them')} }`, URL_MESSAGE],
    [`{ name: a, ${JWKS.replace('https:', 'file:')} }`, URL_MESSAGE],
    [
      `{ name: a, ${JWKS.replace('https://', 'https://u:hunter2@')} }`,
      'issuers[0].jwks: a URL must not contain credentials',
    ],
    [
      `{ name: a, ${JWKS.replace('https://them/jwks', 'hunter2')} }`,
      'issuers[0].jwks: expected the https URL of a JWKS',
    ],
    [`{ name: a, ${JWKS}, maxStale: 9m }`, `issuers[0].maxStale: ${STALE}, found '9m'`],
    [`{ name: a, ${JWKS}, maxStale: 8d }`, `issuers[0].maxStale: ${STALE}, found '8d'`],
    [`{ name: a, ${DISCOVERY.replace('true', 'false')} }`, 'issuers[0].discovery: expected true, found false'],
    [`{ name: a, ${DISCOVERY.replace('ES256', 'HS256')} }`, HMAC_MESSAGE],
    [`{ name: a, ${DISCOVERY.replace('https:', 'http:')} }`, ISSUER_MESSAGE],
    [
      `{ name: a, ${DISCOVERY.replace('https://them', 'hunter2')} }`,
      'issuers[0].issuer: expected the https URL of the issuer',
    ],
    [
      `{ name: a, ${DISCOVERY.replace('them', 'u:hunter2@them')} }`,
      'issuers[0].issuer: a URL must not contain credentials',
    ],
    [`{ name: a, ${DISCOVERY.replace('them', 'them?x=hunter2')} }`, QUERY_MESSAGE],
    [`{ name: a, ${DISCOVERY.replace('them', 'them/#')} }`, QUERY_MESSAGE],
    [
      `{ name: a, ${SECRETS.replace('sms', 'any')} }`,
      "issuers[0]: without issuer, expected requireSubject or an audience other than 'any': otherwise it would match every token",
    ],
    [`{ name: a, ${JWKS}, grant: [a:raed] }`, "issuers[0].grant[0]: unknown scope 'a:raed', did you mean 'a:read'?"],
    [
      `{ name: a, ${JWKS}, allowScopes: [a:read, b] }`,
      "issuers[0].allowScopes[1]: unknown scope 'b': it is not in the catalogue (scopes)",
    ],
    [`{ name: a, ${JWKS}, grant: [] }`, 'issuers[0].grant: must not be empty'],
    [
      `{ name: a, ${JWKS}, ttl: {} }`,
      "issuers[0]: unknown key 'ttl', expected name, audience, bound, requireSubject, require, requireExpiry, subjectClaim, scopeClaim, scopeMap, allowScopes, grant, issuer, tenants, algorithms, maxStale or jwks",
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES512 } }',
      "issuers[0].signing.algorithm: expected HS256, ES256, RS256, PS256 or EdDSA, found 'ES512'",
    ],
    [
      '{ name: a, issuer: us, signing: { algoritm: ES256 } }',
      "issuers[0].signing: unknown key 'algoritm', did you mean 'algorithm'?",
    ],
    [
      '{ name: a, issuer: us, signing: {} }',
      'issuers[0].signing.algorithm: missing: expected HS256, ES256, RS256, PS256 or EdDSA',
    ],
    [
      '{ name: a, signing: { algorithm: ES256 } }',
      'issuers[0].issuer: missing: expected the value of `iss`, or a list of values',
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES256, sealWith: { env: SHORT } } }',
      'issuers[0].signing.sealWith: the secret has 15 bytes; sealWith needs at least 16',
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES256, sealWith: hunter2 } }',
      'issuers[0].signing.sealWith: a secret must not be written inline: refer to it as { env: NAME } or { file: PATH }',
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES256, publishAhead: 149s } }',
      'issuers[0].signing.publishAhead: must be at least 5 × clockSkew (150s): each instance switches keys by its own clock',
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES256, publishAhead: 9s } }',
      "issuers[0].signing.publishAhead: expected a duration from 10s to 30d, in whole seconds, such as 30s, 5m or 24h, found '9s'",
    ],
    [
      '{ name: a, issuer: us, signing: { algorithm: ES256 }, ttl: { default: 2h, max: 1h } }',
      'issuers[0].ttl: default must not exceed max',
    ],
  ])('%s', (issuer, expected) => {
    const problems = problemsOf(issuersWith(issuer), { env });
    expect(problems.map((found) => found.replace(/^5:[0-9]+: /, ''))).toEqual([expected].flat());
    expect(problems.join()).not.toContain('hunter2');
  });

  it('shares a name, an iss or `signing` with another', () => {
    const other = '{ name: other, issuer: us, signing: { algorithm: ES256 } }';
    expect(problemsOf(issuersWith(OWN, `{ name: own, ${JWKS} }`, other), { env })).toEqual([
      "6:13: issuers[1].name: 'own' is already the name of issuers[0] at line 5",
      "7:28: issuers[2].issuer: 'us' is already the issuer of issuers[0] at line 5",
      '7:32: issuers[2].signing: only one issuer may have signing: issuers[0] at line 5 has it',
    ]);
  });

  it('hides no problem of another, even if there is no list', () => {
    expect(problemsOf(issuersWith(`{ nmae: a, ${JWKS} }`, `{ name: b, ${SECRETS}, grant: [x] }`), { env })).toEqual([
      "5:7: issuers[0]: unknown key 'nmae', did you mean 'name'?",
      "6:85: issuers[1].grant[0]: unknown scope 'x': it is not in the catalogue (scopes)",
    ]);
    expect(problemsOf(fileWith('issuers: {}\nroutes: [{ path: /a, authenticated: true, issuers: [b] }]'))).toEqual([
      '3:1: issuers: expected a list, found a map',
    ]);
  });
});
