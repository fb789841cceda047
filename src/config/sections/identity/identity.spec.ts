import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';

const PLAIN = "expected a header name of lower-case letters, digits and '-', such as x-auth-subject";

describe('identity.headers', () => {
  it.each([
    ['X-User', PLAIN],
    ['x_user', PLAIN],
    ['x.user', PLAIN],
    ['":path"', PLAIN],
    ['x user', PLAIN],
    ['x!user', PLAIN],
    ["x'user", PLAIN],
    ['a-b-c-d-e-f-g', 'at most 5 hyphens: every spelling of the name is removed from requests'],
    ['a-b-c-d-e-f', undefined],
    ['x-forwarded-host', "'x-forwarded-host' has another meaning and cannot carry identity"],
    ['forwarded', "'forwarded' has another meaning and cannot carry identity"],
    ['""', 'must not be empty'],
    ['authorization', "'authorization' has another meaning and cannot carry identity"],
    ['host', "'host' has another meaning and cannot carry identity"],
    ['cookie', "'cookie' has another meaning and cannot carry identity"],
    ['content-length', "'content-length' has another meaning and cannot carry identity"],
    ['transfer-encoding', "'transfer-encoding' has another meaning and cannot carry identity"],
    ['x-http-method-override', "'x-http-method-override' has another meaning and cannot carry identity"],
    ['dpop', "'dpop' has another meaning and cannot carry identity"],
    ['x-accel-expires', "'x-accel-expires' has another meaning and cannot carry identity"],
    [
      'x-envoy-auth-headers-to-remove',
      "'x-envoy-auth-headers-to-remove' has another meaning and cannot carry identity",
    ],
    ['access-control-allow-origin', "'access-control-allow-origin' has another meaning and cannot carry identity"],
    ['cache-control', "'cache-control' has another meaning and cannot carry identity"],
    ['x-auth-issuer', undefined],
  ])('subject: %s', (name, message) => {
    const problems = problemsOf(fileWith(`identity: { headers: { subject: ${name}, issuer: x-other } }`));
    expect(problems).toEqual(message === undefined ? [] : [`3:33: identity.headers.subject: ${message}`]);
  });

  it('are distinct, defaults included', () => {
    expect(problemsOf(fileWith('identity:\n  headers:\n    subject: x-a\n    scheme: x-a'))).toEqual([
      "6:13: identity.headers.scheme: 'x-a' is already the header of subject",
    ]);
    expect(problemsOf(fileWith('identity:\n  headers:\n    subject: x-auth-scheme'))).toEqual([
      "4:3: identity.headers.scheme: 'x-auth-scheme' is already the header of subject",
    ]);
  });

  it('override the defaults one by one', () => {
    expect(configOf('identity: { headers: { subject: x-user } }').identity).toEqual({
      headers: {
        subject: 'x-user',
        scopes: 'x-auth-scopes',
        tokenId: 'x-auth-token-id',
        issuer: 'x-auth-issuer',
        scheme: 'x-auth-scheme',
      },
      claims: [],
      metadata: [],
      token: undefined,
      forwardCredential: false,
      everySpelling: false,
    });
  });
});

describe('identity.claims', () => {
  it('are headers with a claim each, by its path', () => {
    const sections = `identity:
  claims:
    email: x-auth-email
    realm_access.roles: x-auth-roles
    https://example.com/tenant: x-auth-tenant
    'https://example\\.com/app.roles': x-auth-app`;
    expect(configOf(sections).identity.claims).toEqual([
      { path: ['email'], name: 'x-auth-email' },
      { path: ['realm_access', 'roles'], name: 'x-auth-roles' },
      { path: ['https://example.com/tenant'], name: 'x-auth-tenant' },
      { path: ['https://example.com/app', 'roles'], name: 'x-auth-app' },
    ]);
  });

  it.each([
    ['email: X-Email', `3:30: identity.claims.email: ${PLAIN}`],
    [
      'email: authorization',
      "3:30: identity.claims.email: 'authorization' has another meaning and cannot carry identity",
    ],
    ['email: x-auth-subject', "3:30: identity.claims.email: 'x-auth-subject' is already the header of subject"],
    ['email: x-a, tenant: x-a', "3:43: identity.claims.tenant: 'x-a' is already the header of email"],
    [
      'a..b: x-a',
      "3:23: identity.claims: expected the name of a claim, or a path such as 'realm_access.roles', found 'a..b'",
    ],
  ])('refuses { %s }', (claims, problem) => {
    expect(problemsOf(fileWith(`identity: { claims: { ${claims} } }`))).toEqual([problem]);
  });

  it('refuses a list', () => {
    expect(problemsOf(fileWith('identity: { claims: [email] }'))).toEqual([
      '3:13: identity.claims: expected a map such as { email: x-auth-email }, found a list',
    ]);
  });

  it('refuses names with more spellings than can be removed', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index}: a-b-c-d-e-${index}`);
    expect(problemsOf(fileWith(`identity: { claims: { ${names(1).join(', ')} } }`))).toEqual([]);
    expect(problemsOf(fileWith(`identity: { claims: { ${names(2).join(', ')} } }`))).toEqual([
      '3:1: identity: the identity headers have 549 spellings, such as x_auth-subject, but at most 512 can be removed from requests: use fewer headers, or names with fewer hyphens',
    ]);
  });
});

describe('identity.metadata', () => {
  it('are claims under a name each', () => {
    const sections = 'identity: { metadata: { tier: plan, rate: ["https://example.com/limits", rate] } }';
    expect(configOf(sections).identity.metadata).toEqual([
      { name: 'tier', path: ['plan'] },
      { name: 'rate', path: ['https://example.com/limits', 'rate'] },
    ]);
  });

  it.each([
    [
      'Tier: plan',
      "3:25: identity.metadata: expected a name of lower-case letters, digits and '_', such as tier, found 'Tier'",
    ],
    ['subject: plan', "3:25: identity.metadata: 'subject' has another meaning in the metadata: use another name"],
    ['keep_ms: plan', "3:25: identity.metadata: 'keep_ms' has another meaning in the metadata: use another name"],
    ['keep: plan', "3:25: identity.metadata: 'keep' has another meaning in the metadata: use another name"],
    ['keep_route: plan', "3:25: identity.metadata: 'keep_route' has another meaning in the metadata: use another name"],
    [
      'tier: a..b',
      "3:31: identity.metadata.tier: expected the name of a claim, or a path such as 'realm_access.roles', found 'a..b'",
    ],
  ])('refuses { %s }', (metadata, problem) => {
    expect(problemsOf(fileWith(`identity: { metadata: { ${metadata} } }`))).toEqual([problem]);
  });
});

describe('identity.token', () => {
  const OWN = 'issuers: [{ name: own, issuer: https://own.local, signing: { algorithm: EdDSA } }]';
  const tokenOf = (token: string, issuers = OWN) => `identity: { token: { ${token} } }\n${issuers}`;

  it('needs an audience, and has a header, a lifetime and no claims by default', () => {
    expect(configOf(tokenOf('audience: messages')).identity.token).toEqual({
      header: 'x-auth-token',
      audience: ['messages'],
      ttlSeconds: 300,
      claims: [],
    });
  });

  it.each([
    [
      '[email, realm_access.roles, ["https://example.com/app", roles]]',
      [
        { name: 'email', path: ['email'] },
        { name: 'realm_access.roles', path: ['realm_access', 'roles'] },
        { name: '["https://example.com/app","roles"]', path: ['https://example.com/app', 'roles'] },
      ],
    ],
    ['{ roles: realm_access.roles }', [{ name: 'roles', path: ['realm_access', 'roles'] }]],
  ])('takes claims as %s', (claims, expected) => {
    expect(configOf(tokenOf(`audience: [a, b], ttl: 1h, claims: ${claims}`)).identity.token).toMatchObject({
      audience: ['a', 'b'],
      ttlSeconds: 3_600,
      claims: expected,
    });
  });

  it.each([
    ['header: x-a', OWN, /identity\.token\.audience: missing: expected a string such as https/],
    [
      'audience: a, header: x-auth-subject',
      OWN,
      /identity\.token\.header: 'x-auth-subject' is already the header of subject/,
    ],
    ['audience: a, header: authorization', OWN, /identity\.token\.header: 'authorization' has another meaning/],
    ['audience: a, ttl: 10s', OWN, /identity\.token\.ttl: expected a duration from 30s to 1h/],
    [
      'audience: a, claims: email',
      OWN,
      /identity\.token\.claims: expected a list such as \[email, realm_access\.roles\], or a map/,
    ],
    ['audience: a', '', /identity\.token: needs an issuer with signing: its keys sign the identity/],
    [
      'audience: a',
      OWN.replace('EdDSA', 'HS256'),
      /identity\.token: own signs with HS256, whose keys are not published: .*Set its signing\.algorithm to EdDSA/,
    ],
    [
      'audience: [b, a]',
      OWN.replace('signing', 'audience: a, signing'),
      /identity\.token\.audience: 'a' is also the audience of our access tokens/,
    ],
  ])('refuses { %s } with %j', (token, issuers, problem) => {
    expect(problemsOf(fileWith(tokenOf(token, issuers)))).toEqual([expect.stringMatching(problem)]);
  });
});
