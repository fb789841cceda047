import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { withCheckText } from '../../../test/support/core.ts';
import { AuthorizationServer, legacy } from '../../../test/support/introspection-server.ts';
import { GENERATION, NOW, SKEW } from '../../../test/support/jwt/verifying.ts';
import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import type { ClaimPath } from '../../core/claims/claim-path.ts';
import type { Standing } from '../../core/standing.ts';
import { unread } from '../../core/standing.ts';
import { TokenCache } from '../token-cache.ts';
import { Endpoint } from './endpoint.ts';
import { OpaqueVerifier } from './opaque-verifier.ts';

const TOKEN = 'opaque-token-of-alice___';
/** A lenient decoder accepts these as {@link TOKEN}: it drops incomplete bytes and skips characters that are not digits. */
const SPELLINGS = [
  `${TOKEN}A`,
  `${TOKEN}=`,
  `${TOKEN.slice(0, -1)}/`,
  `${TOKEN}.`,
  `~${TOKEN}`,
  TOKEN.replace('of', 'o~f'),
];
const THUMBPRINT = createHash('sha256').update(TOKEN).digest('hex');
const ACTIVE = { active: true, sub: 'alice', jti: 'id-1', scope: 'messages:send', iat: NOW - 60, exp: NOW + 600 };

let server: AuthorizationServer;
let cache: TokenCache;
let standings: Map<string, Standing>;
let verifier: OpaqueVerifier;
let keptClaims: readonly ClaimPath[];

beforeEach(() => {
  server = new AuthorizationServer(ACTIVE);
  cache = new TokenCache(100);
  standings = new Map();
  keptClaims = [];
  verifier = verifierOf([legacy(), server]);
});

function verifierOf(...issuers: readonly (readonly [IntrospectionIssuer, AuthorizationServer])[]): OpaqueVerifier {
  const closing = new AbortController().signal;
  return new OpaqueVerifier({
    issuers: issuers.map(([config, { environment }]) => ({
      config,
      endpoint: new Endpoint({ ...environment, issuer: config.name, server: config.introspection, closing }),
    })),
    cache,
    standings: { at: standingAt, peek: (key) => standings.get(key) },
    clock: server.clock,
    clockSkewMs: SKEW * 1000,
    maxTokenLength: 16_384,
    resourceAudiences: new Set(['https://sms.example.com/mcp', 'urn:other']),
    keptClaims,
    generation: GENERATION,
  });
}

function standingAt(key: string): Standing {
  const standing = standings.get(key) ?? unread(key);
  standings.set(key, standing);
  return standing;
}

function mark(key: string): void {
  Object.assign(standingAt(key), { marked: true, issuedUpToSeconds: Number.POSITIVE_INFINITY, fromSeconds: 0 });
}

function verify(value = TOKEN) {
  return verifier.verify({ scheme: 'bearer', value });
}

describe('OpaqueVerifier.verify()', () => {
  it('remembers those of its audiences that a resource names', async () => {
    const aud = ['sms-api', 'https://sms.example.com/mcp'];
    server.answer = async () => JSON.stringify({ ...ACTIVE, aud });
    expect(await verify()).toMatchObject({ audiences: ['https://sms.example.com/mcp'] });
  });

  it('returns the credential of an active token, with every entry that could revoke it', async () => {
    expect(await verify()).toEqual({
      outcome: 'verified',
      identity: {
        issuer: 'legacy-opaque',
        subject: 'alice',
        tokenId: 'id-1',
        scheme: 'bearer',
        scopes: ['messages:send'],
      },
      granted: new Set(['messages:send']),
      use: undefined,
      audiences: [],
      validUntilMs: (NOW + 600 + SKEW) * 1000,
      issuedAtSeconds: NOW - 60,
      generation: GENERATION,
      key: { inForce: true },
      reverifyAt: { monotonicMs: server.time.nowMs + 10_000, wallMs: NOW * 1000 + 10_000 },
      uncacheable: false,
      standings: [
        `sallyport:revoked-thumbprint:${THUMBPRINT}`,
        'sallyport:notbefore-issuer:legacy-opaque',
        'sallyport:revoked:legacy-opaque:id-1',
        'sallyport:notbefore:legacy-opaque:alice',
      ].map(unread),
      upstream: { token: undefined, isSigned: false },
      lastUse: undefined,
    });
    expect(cache.last(TOKEN)).toMatchObject({ identity: { subject: 'alice' } });
  });

  it.each([
    ['empty', ''],
    ['length: over 16384 characters (limits.token)', 'x'.repeat(16_385)],
    ['characters', 'a b'],
    ['characters', 'a=b'],
    ['characters', 'ä'],
    ['characters', 'a,b'],
    ['characters', 'a\n'],
  ])('refuses a malformed token without a request: %s, %j', async (check, token) => {
    expect(withCheckText(await verify(token))).toMatchObject({ outcome: 'refused', reason: 'token_invalid', check });
    expect(server.asked).toEqual([]);
  });

  it.each<[check: string, answer: object]>([
    ['inactive', { active: false }],
    ['token_type', { ...ACTIVE, token_type: 'refresh_token' }],
    ['nbf', { ...ACTIVE, nbf: NOW + SKEW + 1 }],
    ['iat', { ...ACTIVE, iat: NOW + SKEW + 1 }],
  ])('refuses a token for %s, and caches the refusal for two seconds', async (check, answer) => {
    server.says(answer);
    const refusal = { outcome: 'refused', reason: 'token_invalid', check, issuer: 'legacy-opaque' };
    expect([await verify(), await verify()].map(withCheckText)).toEqual([refusal, refusal]);
    await server.time.advance(1_999);
    await verify();
    expect(server.asked).toEqual([TOKEN]);
    await server.time.advance(1);
    server.says(ACTIVE);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
    expect(cache.size).toBe(1);
  });

  it('keeps no claim that is the token itself, and shows none', async () => {
    keptClaims = [['jti'], ['sub']];
    server.says({ ...ACTIVE, jti: TOKEN, aud: 'sms-api' });
    verifier = verifierOf([legacy(), server]);
    expect(await verify()).toMatchObject({ claims: new Map([['sub', 'alice']]) });
    const require = [{ claim: ['jti'], condition: { kind: 'prefix', prefixes: ['id-'] } }] as const;
    verifier = verifierOf([legacy({ require }), server]);
    expect(await verify(`${TOKEN}=`)).toMatchObject({ check: 'require', finding: { found: 'jti is absent' } });
  });

  it('verifies an expired token, which the core refuses, but does not cache it', async () => {
    server.says({ ...ACTIVE, exp: NOW - SKEW });
    expect(await verify()).toMatchObject({ outcome: 'verified', validUntilMs: NOW * 1000 });
    expect(cache.size).toBe(0);
  });

  it('counts the lifetime of a response from its request', async () => {
    const held = server.holds();
    const result = verify();
    await server.time.advance(1_500);
    held.answer(ACTIVE);
    const monotonicMs = server.time.nowMs + 8_500;
    expect(await result).toMatchObject({ reverifyAt: { monotonicMs, wallMs: NOW * 1000 + 10_000 } });
  });

  it.each([
    [500, 500, 500],
    [0, 10_000, Number.NEGATIVE_INFINITY],
  ])('caches a response for the configured %d ms', async (cacheMs, validMs, cachedMs) => {
    const issuer = legacy();
    verifier = verifierOf([{ ...issuer, introspection: { ...issuer.introspection, cacheMs } }, server]);
    expect(await verify()).toMatchObject({ reverifyAt: { monotonicMs: server.time.nowMs + validMs } });
    expect(cache.last(TOKEN)).toMatchObject({ reverifyAt: { monotonicMs: server.time.nowMs + cachedMs } });
  });

  it('refuses only the spellings that the server refuses', async () => {
    server.answer = async (token) => JSON.stringify(token === TOKEN ? ACTIVE : { active: false });
    for (const spelling of SPELLINGS) expect(await verify(spelling)).toMatchObject({ check: 'inactive' });
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it('shares one request among concurrent calls for the same token', async () => {
    const held = server.holds();
    const results = [verify(), verify(), verify('other')];
    held.answer(ACTIVE);
    const [first, second, third] = await Promise.all(results);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
    expect(server.asked).toEqual([TOKEN, 'other']);
    await verify();
    expect(server.asked).toHaveLength(3);
  });

  it('refuses as unavailable while the server cannot be reached, and does not cache that', async () => {
    server.fails();
    const check = 'introspection: no answer';
    expect(withCheckText(await verify())).toEqual({
      outcome: 'refused',
      reason: 'unavailable',
      check,
      issuer: 'legacy-opaque',
    });
    server.says(ACTIVE);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });
});

describe('OpaqueVerifier', () => {
  it.each([
    { cacheMs: 0, uncacheable: true },
    { cacheMs: 5_000, uncacheable: false },
  ])('says whether what the server reports may be cached: $cacheMs ms', async ({ cacheMs, uncacheable }) => {
    const issuer = legacy();
    verifier = verifierOf([{ ...issuer, introspection: { ...issuer.introspection, cacheMs } }, server]);
    expect(await verify()).toMatchObject({ outcome: 'verified', uncacheable });
  });
});

describe('OpaqueVerifier during a flood of invented tokens', () => {
  it('distinguishes them from tokens that were good before, even if no response is cached', async () => {
    const issuer = legacy();
    verifier = verifierOf([{ ...issuer, introspection: { ...issuer.introspection, cacheMs: 0 } }, server]);
    await verify();
    server.fails();
    for (let index = 0; index < 9; index++) await verify(`made-up-${index}`);
    expect(server.told).toEqual(['legacy-opaque failed 1: Error: no route to host']);
    for (let index = 0; index < 3; index++) await verify();
    expect(withCheckText(await verify())).toMatchObject({ check: 'introspection: its server is down' });
  });

  it('still accepts tokens that were good before', async () => {
    await verify();
    const held = server.holds();
    const flood = Array.from({ length: 100 }, (_, index) => verify(`made-up-${index}`));
    const result = verify();
    held.answer(ACTIVE);
    expect(await result).toMatchObject({ outcome: 'verified' });
    const refused = (await Promise.all(flood)).filter(({ outcome }) => outcome === 'refused');
    expect(refused).toHaveLength(52);
    expect(withCheckText(refused[0])).toMatchObject({ check: 'introspection: too many open questions' });
  });

  it('reserves requests only at the server that vouched for a token', async () => {
    const second = { ...legacy(), name: 'second' };
    const other = new AuthorizationServer({ active: false });
    verifier = verifierOf([legacy(), server], [second, other]);
    await verify();
    for (const one of [server, other]) one.holds();
    void Array.from({ length: 48 }, (_, index) => verify(`made-up-${index}`));
    void verify();
    expect(server.asked.filter((token) => token === TOKEN)).toHaveLength(2);
    expect(other.asked.filter((token) => token === TOKEN)).toHaveLength(1);
  });
});

describe('OpaqueVerifier with a revoked token', () => {
  const REVOKED = { outcome: 'refused', reason: 'token_revoked', check: 'revocation' };

  it('sends no request if its thumbprint is revoked', async () => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verify()).toMatchObject(REVOKED);
    expect(server.asked).toEqual([]);
  });

  it.each(SPELLINGS)('sends no request if the thumbprint of its normal form is revoked: %s', async (spelling) => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verify(spelling)).toMatchObject(REVOKED);
    expect(server.asked).toEqual([]);
  });

  it('sends no request for a spelling if the thumbprint of that spelling is revoked', async () => {
    const [spelling = ''] = SPELLINGS;
    mark(`sallyport:revoked-thumbprint:${createHash('sha256').update(spelling).digest('hex')}`);
    expect(await verify(spelling)).toMatchObject(REVOKED);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it.each<[what: string, answer: object, key: string]>([
    ['its id', ACTIVE, 'sallyport:revoked:legacy-opaque:id-1'],
    [
      'its reported claims',
      { ...ACTIVE, jti: undefined, client_id: 'app' },
      `sallyport:revoked-claims:legacy-opaque:${encodeURIComponent(`["alice","app",${NOW - 60},${NOW + 600}]`)}`,
    ],
  ])('lists the entry of %s for each spelling', async (_, answer, key) => {
    server.says(answer);
    for (const value of [TOKEN, ...SPELLINGS]) {
      const result = await verify(value);
      expect(result.outcome === 'verified' && result.standings.map((standing) => standing.key)).toContain(key);
    }
  });

  it('examine() still asks the server, to learn its claims', async () => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verifier.examine(TOKEN)).toMatchObject({ outcome: 'verified', identity: { tokenId: 'id-1' } });
    expect(await verifier.examine('a b')).toMatchObject({ check: 'characters' });
  });

  it.each([
    'sallyport:revoked:legacy-opaque:id-1',
    'sallyport:notbefore:legacy-opaque:alice',
    'sallyport:notbefore-issuer:legacy-opaque',
  ])('sends no request for a cached token with a revoked entry: %s', async (key) => {
    await verify();
    mark(key);
    server.fails();
    expect(await verify()).toEqual({ ...REVOKED, issuer: 'legacy-opaque' });
    expect(server.asked).toEqual([TOKEN]);
  });

  it('accepts a token that was issued after the mark', async () => {
    await verify();
    Object.assign(standingAt('sallyport:notbefore:legacy-opaque:alice'), {
      marked: true,
      issuedUpToSeconds: NOW - 61,
      fromSeconds: 0,
    });
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it('keeps no entries for invented tokens', async () => {
    server.says({ active: false });
    await verify('made-up');
    expect(standings.size).toBe(0);
    expect(cache.size).toBe(0);
  });
});

describe('OpaqueVerifier with several issuers', () => {
  const second = { ...legacy(), name: 'second' };
  let other: AuthorizationServer;

  beforeEach(() => {
    other = new AuthorizationServer({ active: true, sub: 'bob' });
    verifier = verifierOf([legacy(), server], [second, other]);
  });

  it('accepts a token that one of them vouches for', async () => {
    server.says({ active: false });
    expect(await verify()).toMatchObject({ identity: { issuer: 'second', subject: 'bob' } });
    other.says({ active: false });
    expect(await verify('t')).toMatchObject({ reason: 'token_invalid', check: 'inactive' });
  });

  it('does not wait for a server that is slow or down', async () => {
    server.holds();
    expect(await verify()).toMatchObject({ identity: { issuer: 'second' } });
    server.fails();
    expect(await verify('t')).toMatchObject({ identity: { issuer: 'second' } });
  });

  it('keeps the first valid response, even if another server responds later', async () => {
    const held = server.holds();
    await verify();
    held.answer(ACTIVE);
    await server.time.advance(0);
    expect(cache.last(TOKEN)).toMatchObject({ identity: { issuer: 'second' } });
  });

  it('refuses an unknown token as unavailable if one server could not be reached', async () => {
    server.fails();
    other.says({ active: false });
    for (let index = 0; index < 2; index++) {
      expect(await verify()).toMatchObject({ reason: 'unavailable', issuer: 'legacy-opaque' });
    }
    expect(other.asked).toHaveLength(2);
  });

  it('refuses a token that is for the audiences of two issuers with one server, like a JWT', async () => {
    verifier = verifierOf([legacy({ audience: ['a'] }), server], [{ ...second, audience: ['b', 'c'] }, other]);
    const says = (aud: unknown): void => {
      for (const one of [server, other]) one.says({ ...ACTIVE, aud });
    };
    says(['a', 'c']);
    expect(await verify()).toMatchObject({ reason: 'token_invalid', check: 'aud of several issuers' });
    says(['a', 'other']);
    expect(await verify('t')).toMatchObject({ identity: { issuer: 'legacy-opaque' } });
    says('c');
    expect(await verify('another')).toMatchObject({ identity: { issuer: 'second' } });
  });

  it("returns one server's refusal if the others do not know the token", async () => {
    server.says({ active: false });
    other.says({ ...ACTIVE, cnf: { jkt: 'x' } });
    expect(await verify()).toMatchObject({ reason: 'token_invalid', check: 'cnf', issuer: 'second' });
  });
});
