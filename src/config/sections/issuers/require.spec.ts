import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf, warningsOf } from '../../../../test/support/config.ts';

/** One issuer, and one route that accepts its tokens. */
function sectionsOf(keys: string, audience = 'sms'): string {
  const issuer = `{ name: them, issuer: "https://them", audience: ${audience}, algorithms: [RS256], discovery: true, ${keys} }`;
  return `scopes: { a:read: {} }\nissuers:\n  - ${issuer}\nroutes: [{ path: /a, scope: a:read }]`;
}

const fileOf = (keys: string, audience?: string): string => fileWith(sectionsOf(keys, audience));

function requireOf(written: string) {
  const [issuer] = configOf(sectionsOf(`require: ${written}`)).issuers;
  return issuer?.kind === 'discovery' ? issuer.require : undefined;
}

const place = /^\d+:\d+: issuers\[0\]\.?/;

describe('require', () => {
  it('reads conditions by claim', () => {
    expect(
      requireOf('{ azp: [web, cli], token_use: access, email_verified: true, sub: { prefix: "repo:acme/" } }'),
    ).toEqual([
      { claim: ['azp'], condition: { kind: 'equals', values: ['web', 'cli'] } },
      { claim: ['token_use'], condition: { kind: 'equals', values: ['access'] } },
      { claim: ['email_verified'], condition: { kind: 'equals', values: [true] } },
      { claim: ['sub'], condition: { kind: 'prefix', prefixes: ['repo:acme/'] } },
    ]);
    expect(configOf(sectionsOf('')).issuers[0]).toMatchObject({ require: [] });
  });

  it.each<[name: string, claim: readonly string[]]>([
    ['realm_access.roles', ['realm_access', 'roles']],
    [String.raw`kubernetes\.io.namespace`, ['kubernetes.io', 'namespace']],
    ['https://example.com/tenant', ['https://example.com/tenant']],
    ['["https://example.com/app", "a.b"]', ['https://example.com/app', 'a.b']],
  ])('reads the claim %s', (name, claim) => {
    expect(requireOf(`{ '${name}': x }`)?.[0]?.claim).toEqual(claim);
  });

  it.each<[keys: string, problem: string]>([
    ['require: []', 'require: expected a map from claims to conditions, such as { azp: [web, cli] }'],
    ['require: { azp: [] }', 'require.azp: must not be empty'],
    [
      'require: { azp: { matches: x } }',
      "require.azp: unknown key 'matches', expected equals, oneOf, prefix, contains or present",
    ],
    [
      "require: { '.a': x }",
      "require: '.a' is not the name of a claim, a path such as 'realm_access.roles', or a JSON array of names",
    ],
    [
      "require: { '[1]': x }",
      "require: '[1]' is not the name of a claim, a path such as 'realm_access.roles', or a JSON array of names",
    ],
    [
      "require: { '[x': x }",
      "require: '[x' is not the name of a claim, a path such as 'realm_access.roles', or a JSON array of names",
    ],
    [
      'require: { __proto__: x }',
      "require: '__proto__' is not the name of a claim, a path such as 'realm_access.roles', or a JSON array of names",
    ],
    [
      'requireSubject: "repo:acme/*"',
      "requireSubject: 'repo:acme/*' looks like a pattern, but a subject is compared character by character: write require: { sub: { prefix: 'repo:acme/' } }",
    ],
    [
      'requireSubject: "*"',
      "requireSubject: '*' looks like a pattern, but a subject is compared character by character: write require: { sub: { prefix: '...' } }",
    ],
    [
      'requireSubject: "^repo:acme/.*$"',
      "requireSubject: '^repo:acme/.*$' looks like a pattern, but a subject is compared character by character: write require: { sub: { prefix: '...' } }",
    ],
  ])('refuses %s', (keys, problem) => {
    expect(problemsOf(fileOf(keys)).map((found) => found.replace(place, ''))).toEqual([problem]);
  });

  it('is no key of our own issuer', () => {
    const own = '{ name: own, issuer: us, signing: { algorithm: EdDSA }, require: { sub: x } }';
    expect(problemsOf(fileWith(`issuers: [${own}]`)).join()).toContain("unknown key 'require'");
  });

  it.each(['auth0|5f7c8ec7c33c6c004bbafe82', 'system:serviceaccount:ns:name', 'a$b^c', 'spiffe://acme/api?x[1]'])(
    'accepts the subject %s',
    (subject) => {
      expect(configOf(sectionsOf(`requireSubject: "${subject}"`)).issuers[0]).toMatchObject({
        requireSubject: subject,
      });
    },
  );
});

describe('a warning about a condition', () => {
  it.each<[keys: string, warning: string]>([
    [
      'require: { sub: "repo:acme/*" }',
      "'repo:acme/*' is compared character by character: for values that begin alike, write { prefix: ... } without *",
    ],
    [
      'require: { sub: { prefix: "repo:acme/*" } }',
      "'repo:acme/*' is compared character by character: for values that begin alike, write { prefix: ... } without *",
    ],
    [
      'require: { sub: { prefix: ["repo:acme", "repo:b/"] } }',
      "'repo:acme' is also the beginning of longer names: end it with a separator, as in 'repo:acme/'",
    ],
  ])('names %s', (keys, warning) => {
    expect(warningsOf(fileOf(keys))).toEqual([warning]);
  });

  it.each([
    'require: { sub: { prefix: "repo:acme/" }, n: 1, p: { present: true } }',
    'require: { g: { contains: a } }',
  ])('does not name %s', (keys) => {
    expect(warningsOf(fileOf(keys))).toEqual([]);
  });
});

describe('a warning about an audience', () => {
  const OPEN =
    'tokens that it made for any other service are accepted too: name the audience, or pin the client with require: { client_id: ... } (or azp, cid, appid)';

  it.each([
    '',
    'require: { token_use: access }',
    'require: { client_id: { present: true } }',
    'require: { "a.azp": x }',
  ])('names an issuer with any: %s', (keys) => {
    expect(warningsOf(fileOf(keys, 'any'))).toEqual([OPEN]);
  });

  it.each([
    'require: { client_id: web, token_use: access }',
    'require: { azp: [web, cli] }',
    'require: { sub: { prefix: "repo:acme/" } }',
    'requireSubject: alice',
  ])('names none that is pinned: %s', (keys) => {
    expect(warningsOf(fileOf(keys, 'any'))).toEqual([]);
  });
});

describe('a warning about an issuer that makes tokens for everyone', () => {
  const found = (iss: string, keys: string): string[] =>
    warningsOf(fileOf(keys).replace('https://them', iss)).filter((text) => text.startsWith('anyone can'));

  it.each([
    ['https://token.actions.githubusercontent.com', ''],
    ['https://token.actions.githubusercontent.com', 'require: { environment: Production }'],
    ['https://token.actions.githubusercontent.com', 'require: { repository_owner: { present: true } }'],
    ['https://token.actions.githubusercontent.com', 'require: { sub: { prefix: "repo:" } }'],
    ['https://token.actions.githubusercontent.com', 'require: { sub: { prefix: ["repo:acme/", "repo:"] } }'],
    ['https://gitlab.com', 'require: { ref: main }'],
    ['https://accounts.google.com', 'require: { email_verified: true }'],
  ])('names %s with %s', (iss, keys) => {
    expect(found(iss, keys)).toHaveLength(1);
  });

  it.each([
    ['https://token.actions.githubusercontent.com', 'require: { repository_owner_id: "123" }'],
    ['https://token.actions.githubusercontent.com', 'require: { sub: { prefix: "repo:acme/" } }'],
    ['https://token.actions.githubusercontent.com', 'requireSubject: "repo:acme/api:ref:refs/heads/main"'],
    ['https://gitlab.com', 'require: { namespace_path: acme }'],
    ['https://accounts.google.com', 'require: { hd: example.com }'],
    ['https://login.example.org', ''],
  ])('does not name %s with %s', (iss, keys) => {
    expect(found(iss, keys)).toEqual([]);
  });
});
