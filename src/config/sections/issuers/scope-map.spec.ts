import { describe, expect, it } from 'vitest';
import { configOf, fileWith, loadConfigText, problemsOf } from '../../../../test/support/config.ts';
import type { ForeignIssuer } from '../../issuer-config.ts';

const env = { KEY: 'x'.repeat(64) };
const JWKS = 'issuer: them, audience: sms, algorithms: [RS256], jwks: "https://them/jwks"';
const OPAQUE =
  'audience: any, introspection: { url: "https://them/introspect", clientId: gw, clientSecret: { env: KEY } }';

/** A catalogue, and one issuer at line 5. */
const sectionsOf = (issuer: string): string =>
  `scopes: { a:read: {}, a:write: {} }\nissuers:\n  - { name: them, ${issuer} }`;

function issuerOf(written: string): ForeignIssuer {
  const [issuer] = configOf(sectionsOf(written), { env }).issuers;
  if (issuer === undefined || issuer.kind === 'signing') throw new Error('expected a foreign issuer');
  return issuer;
}

function warningsOf(written: string): readonly string[] {
  const loaded = loadConfigText(fileWith(sectionsOf(written)), { env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.warnings.map(({ line, path, message }) => `${line}: ${path}: ${message}`);
}

describe('scopeClaim', () => {
  it.each<[written: string, paths: readonly (readonly string[])[]]>([
    ['scope', [['scope']]],
    ['realm_access.roles', [['realm_access', 'roles']]],
    ['"https://example.com/app.roles"', [['https://example.com/app.roles']]],
    ['["https://example.com/roles"]', [['https://example.com/roles']]],
    ['[scp, roles]', [['scp'], ['roles']]],
    ['[["https://example.com/app", roles], scp]', [['https://example.com/app', 'roles'], ['scp']]],
    ['__proto__', [['__proto__']]],
  ])('%s is read as %j', (written, paths) => {
    expect(issuerOf(`${JWKS}, scopeClaim: ${written}`).scopeClaim).toEqual(paths);
    expect(issuerOf(`${OPAQUE}, scopeClaim: ${written}`).scopeClaim).toEqual(paths);
  });

  it.each([
    ['[]', 'issuers[0].scopeClaim: must not be empty'],
    ['[scp, scp]', "issuers[0].scopeClaim[1]: 'scp' is listed twice"],
    ['[a.b, [a, b]]', "issuers[0].scopeClaim[1]: 'a.b' is listed twice"],
    [
      '7',
      "issuers[0].scopeClaim: expected a claim such as scope or 'realm_access.roles', or a list of claims, found 7",
    ],
  ])('%s is refused', (written, problem) => {
    const problems = problemsOf(fileWith(sectionsOf(`${JWKS}, scopeClaim: ${written}`)), { env });
    expect(problems.map((found) => found.replace(/^5:\d+: /, ''))).toEqual([problem]);
  });

  it('is warned of beside grant, which replaces what it reads', () => {
    expect(warningsOf(`${JWKS}, grant: [a:read], scopeClaim: scp`)).toContain(
      "5: issuers[0].scopeClaim: has no effect beside grant, which replaces the token's own scopes",
    );
  });
});

describe('scopeMap', () => {
  it('maps words to one scope or several, whatever the words are', () => {
    const map = '{ Messages.Send: a:write, "api://sms/access": [a:read, a:write], "a word": a:read, a:read: a:write }';
    expect(issuerOf(`${JWKS}, scopeMap: ${map}`).scopeMap).toEqual(
      new Map([
        ['Messages.Send', ['a:write']],
        ['api://sms/access', ['a:read', 'a:write']],
        ['a word', ['a:read']],
        ['a:read', ['a:write']],
      ]),
    );
  });

  it('keeps words that are names of a prototype', () => {
    const { scopeMap } = issuerOf(`${OPAQUE}, scopeMap: { __proto__: a:read, constructor: a:write }`);
    expect([...(scopeMap ?? [])]).toEqual([
      ['__proto__', ['a:read']],
      ['constructor', ['a:write']],
    ]);
    expect(issuerOf(`${JWKS}, scopeMap: { x: a:read }`).scopeMap?.get('constructor')).toBeUndefined();
  });

  it('grants what allowScopes lists, also the wildcard and management scopes', () => {
    const written = 'allowScopes: [all:any, access:check], scopeMap: { admin: all:any, peer: [access:check] }';
    expect(issuerOf(`${JWKS}, ${written}`).scopeMap?.get('admin')).toEqual(['all:any']);
  });

  it.each([
    ['scopeMap: { x: a:wrote }', "issuers[0].scopeMap.x: unknown scope 'a:wrote', did you mean 'a:write'?"],
    [
      'scopeMap: { x: [a:read, b] }',
      "issuers[0].scopeMap.x[1]: unknown scope 'b': it is not in the catalogue (scopes)",
    ],
    [
      'scopeMap: { x: all:any }',
      "issuers[0].scopeMap.x: 'all:any' is not in allowScopes of this issuer, so it would never be granted: add it there",
    ],
    [
      'scopeMap: { x: tokens:manage }',
      "issuers[0].scopeMap.x: 'tokens:manage' is not in allowScopes of this issuer, so it would never be granted: add it there",
    ],
    [
      'allowScopes: [a:read], scopeMap: { x: [a:read, a:write] }',
      "issuers[0].scopeMap.x[1]: 'a:write' is not in allowScopes of this issuer, so it would never be granted: add it there",
    ],
    ['scopeMap: { __proto__: all:any }', /^issuers\[0\]\.scopeMap\.__proto__: 'all:any' is not in allowScopes/],
    ['scopeMap: { __proto__: 7 }', /^issuers\[0\]\.scopeMap\.__proto__: expected a scope of the catalogue or a list/],
    ['scopeMap: { x: [] }', 'issuers[0].scopeMap.x: must not be empty'],
    ['scopeMap: { x: [a:read, a:read] }', "issuers[0].scopeMap.x[1]: 'a:read' is listed twice"],
    ['scopeMap: { "": a:read }', 'issuers[0].scopeMap: expected a word of a scope claim, found an empty one'],
    ['scopeMap: [x]', "issuers[0].scopeMap: expected a map from the issuer's words to scopes, found a list"],
    [
      'grant: [a:read], scopeMap: { x: a:read }',
      "issuers[0].scopeMap: has no effect beside grant, which replaces the token's own scopes: remove one of them",
    ],
  ])('%s is refused', (written, problem) => {
    const problems = problemsOf(fileWith(sectionsOf(`${JWKS}, ${written}`)), { env });
    expect(problems.map((found) => found.replace(/^5:\d+: /, ''))).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ]);
  });

  it('is warned of where an entry changes nothing', () => {
    expect(warningsOf(`${JWKS}, scopeMap: { a:read: a:read, x: a:write }`)).toContain(
      "5: issuers[0].scopeMap.a:read: 'a:read' stands for itself without this entry",
    );
  });
});

describe('subjectClaim', () => {
  it.each<[written: string, claims: readonly object[]]>([
    ['email', [{ path: ['email'], prefix: '' }]],
    ['user.id', [{ path: ['user', 'id'], prefix: '' }]],
    [
      '[sub, { claim: client_id, prefix: "client:" }]',
      [
        { path: ['sub'], prefix: '' },
        { path: ['client_id'], prefix: 'client:' },
      ],
    ],
    ['[["https://example.com/user", id]]', [{ path: ['https://example.com/user', 'id'], prefix: '' }]],
  ])('%s is read as %j', (written, claims) => {
    expect(issuerOf(`${JWKS}, subjectClaim: ${written}`).subjectClaim).toEqual(claims);
  });

  it.each([
    ['[]', 'issuers[0].subjectClaim: must not be empty'],
    ['[sub, { claim: sub, prefix: x }]', "issuers[0].subjectClaim[1]: 'sub' is listed twice"],
    ['[{ claim: sub }]', 'issuers[0].subjectClaim[0].prefix: missing: expected a prefix such as client:'],
    ['7', 'issuers[0].subjectClaim: expected a claim such as sub, or a list of claims, found 7'],
  ])('%s is refused', (written, problem) => {
    const problems = problemsOf(fileWith(sectionsOf(`${JWKS}, subjectClaim: ${written}`)), { env });
    expect(problems.map((found) => found.replace(/^5:\d+: /, ''))).toEqual([problem]);
  });
});
