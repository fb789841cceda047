import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { worded } from '../../../test/support/core.ts';
import { AuthorizationServer, legacy } from '../../../test/support/introspection-server.ts';
import { GENERATION, NOW, SKEW } from '../../../test/support/jwt/verifying.ts';
import type { IntrospectionIssuer } from '../../config/config.ts';
import type { Standing } from '../../core/standing.ts';
import { unread } from '../../core/standing.ts';
import { TokenCache } from '../token-cache.ts';
import { Endpoint } from './endpoint.ts';
import { OpaqueVerifier } from './opaque-verifier.ts';

const TOKEN = 'opaque-token-of-alice___';
/** A lenient decoder takes these for {@link TOKEN}: it drops what is no whole byte, and skips what is no digit. */
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
let known: TokenCache;
let standings: Map<string, Standing>;
let verifier: OpaqueVerifier;

beforeEach(() => {
  server = new AuthorizationServer(ACTIVE);
  known = new TokenCache(100);
  standings = new Map();
  verifier = verifierOf([legacy(), server]);
});

function verifierOf(...issuers: readonly (readonly [IntrospectionIssuer, AuthorizationServer])[]): OpaqueVerifier {
  const closing = new AbortController().signal;
  return new OpaqueVerifier({
    issuers: issuers.map(([config, { environment }]) => ({
      config,
      endpoint: new Endpoint({ ...environment, issuer: config.name, server: config.introspection, closing }),
    })),
    known,
    standings: { at: standingAt, peek: (key) => standings.get(key) },
    clock: server.clock,
    clockSkewMs: SKEW * 1000,
    maxTokenLength: 16_384,
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
  it('makes a credential of an active token, with every entry that could end it', async () => {
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
      validUntilMs: (NOW + 600 + SKEW) * 1000,
      issuedAtSeconds: NOW - 60,
      generation: GENERATION,
      key: { inForce: true },
      reverifyAt: { monotonicMs: server.time.nowMs + 10_000, wallMs: NOW * 1000 + 10_000 },
      standings: [
        `sallyport:revoked-thumbprint:${THUMBPRINT}`,
        'sallyport:notbefore-issuer:legacy-opaque',
        'sallyport:revoked:legacy-opaque:id-1',
        'sallyport:notbefore:legacy-opaque:alice',
      ].map(unread),
      lastUse: undefined,
    });
    expect(known.last(TOKEN)).toMatchObject({ identity: { subject: 'alice' } });
  });

  it.each([
    ['empty', ''],
    ['length: over 16384 characters (limits.token)', 'x'.repeat(16_385)],
    ['characters', 'a b'],
    ['characters', 'a=b'],
    ['characters', 'ä'],
    ['characters', 'a,b'],
    ['characters', 'a\n'],
  ])('refuses by %s, and asks nobody', async (check, token) => {
    expect(worded(await verify(token))).toMatchObject({ outcome: 'refused', reason: 'token_invalid', check });
    expect(server.asked).toEqual([]);
  });

  it.each<[check: string, said: object]>([
    ['inactive', { active: false }],
    ['token_type', { ...ACTIVE, token_type: 'refresh_token' }],
    ['nbf', { ...ACTIVE, nbf: NOW + SKEW + 1 }],
    ['iat', { ...ACTIVE, iat: NOW + SKEW + 1 }],
  ])('refuses by %s, and does not ask again for two seconds', async (check, said) => {
    server.says(said);
    const refusal = { outcome: 'refused', reason: 'token_invalid', check, issuer: 'legacy-opaque' };
    expect([await verify(), await verify()]).toEqual([refusal, refusal]);
    await server.time.advance(1_999);
    await verify();
    expect(server.asked).toEqual([TOKEN]);
    await server.time.advance(1);
    server.says(ACTIVE);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
    expect(known.size).toBe(1);
  });

  it('remembers no token that has expired, and leaves it to the core to say so', async () => {
    server.says({ ...ACTIVE, exp: NOW - SKEW });
    expect(await verify()).toMatchObject({ outcome: 'verified', validUntilMs: NOW * 1000 });
    expect(known.size).toBe(0);
  });

  it('counts the life of an answer from the question', async () => {
    const held = server.holds();
    const asked = verify();
    await server.time.advance(1_500);
    held.answer(ACTIVE);
    const monotonicMs = server.time.nowMs + 8_500;
    expect(await asked).toMatchObject({ reverifyAt: { monotonicMs, wallMs: NOW * 1000 + 10_000 } });
  });

  it.each([
    [500, 500, 500],
    [0, 10_000, Number.NEGATIVE_INFINITY],
  ])('keeps an answer for %d ms as the configuration says', async (cacheMs, countsMs, keptMs) => {
    const issuer = legacy();
    verifier = verifierOf([{ ...issuer, introspection: { ...issuer.introspection, cacheMs } }, server]);
    expect(await verify()).toMatchObject({ reverifyAt: { monotonicMs: server.time.nowMs + countsMs } });
    expect(known.last(TOKEN)).toMatchObject({ reverifyAt: { monotonicMs: server.time.nowMs + keptMs } });
  });

  it('refuses a spelling that its server does not take, and no other', async () => {
    server.answer = async (token) => JSON.stringify(token === TOKEN ? ACTIVE : { active: false });
    for (const spelling of SPELLINGS) expect(await verify(spelling)).toMatchObject({ check: 'inactive' });
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it('asks once for all who wait, and for each token by itself', async () => {
    const held = server.holds();
    const asked = [verify(), verify(), verify('other')];
    held.answer(ACTIVE);
    const [first, second, third] = await Promise.all(asked);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
    expect(server.asked).toEqual([TOKEN, 'other']);
    await verify();
    expect(server.asked).toHaveLength(3);
  });

  it('cannot judge while the server cannot be asked, and keeps nothing of that', async () => {
    server.fails();
    const check = 'introspection: no answer';
    expect(worded(await verify())).toEqual({
      outcome: 'refused',
      reason: 'unavailable',
      check,
      issuer: 'legacy-opaque',
    });
    server.says(ACTIVE);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });
});

describe('a flood of made-up tokens', () => {
  it('is told from those that were good before also where no answer is kept', async () => {
    const issuer = legacy();
    verifier = verifierOf([{ ...issuer, introspection: { ...issuer.introspection, cacheMs: 0 } }, server]);
    await verify();
    server.fails();
    for (let index = 0; index < 9; index++) await verify(`made-up-${index}`);
    expect(server.told).toEqual(['legacy-opaque failed 1: Error: no route to host']);
    for (let index = 0; index < 3; index++) await verify();
    expect(worded(await verify())).toMatchObject({ check: 'introspection: its server is down' });
  });

  it('leaves places for those that were good before', async () => {
    await verify();
    const held = server.holds();
    const flood = Array.from({ length: 100 }, (_, index) => verify(`made-up-${index}`));
    const asked = verify();
    held.answer(ACTIVE);
    expect(await asked).toMatchObject({ outcome: 'verified' });
    const refused = (await Promise.all(flood)).filter(({ outcome }) => outcome === 'refused');
    expect(refused).toHaveLength(52);
    expect(worded(refused[0])).toMatchObject({ check: 'introspection: too many open questions' });
  });

  it('leaves none at a server that did not vouch for them itself', async () => {
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

describe('what we revoked ourselves', () => {
  const REVOKED = { outcome: 'refused', reason: 'token_revoked', check: 'revocation' };

  it('is asked about no more by thumbprint', async () => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verify()).toMatchObject(REVOKED);
    expect(server.asked).toEqual([]);
  });

  it.each(SPELLINGS)('is asked about no more by the thumbprint of its normal form: %s', async (spelling) => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verify(spelling)).toMatchObject(REVOKED);
    expect(server.asked).toEqual([]);
  });

  it('is asked about no more by the thumbprint of how it is spelt', async () => {
    const [spelling = ''] = SPELLINGS;
    mark(`sallyport:revoked-thumbprint:${createHash('sha256').update(spelling).digest('hex')}`);
    expect(await verify(spelling)).toMatchObject(REVOKED);
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it.each<[what: string, said: object, key: string]>([
    ['its id', ACTIVE, 'sallyport:revoked:legacy-opaque:id-1'],
    [
      'what is reported of it',
      { ...ACTIVE, jti: undefined, client_id: 'app' },
      `sallyport:revoked-claims:legacy-opaque:${encodeURIComponent(`["alice","app",${NOW - 60},${NOW + 600}]`)}`,
    ],
  ])('has each of its spellings ended by %s', async (_, said, key) => {
    server.says(said);
    for (const value of [TOKEN, ...SPELLINGS]) {
      const finding = await verify(value);
      expect(finding.outcome === 'verified' && finding.standings.map((standing) => standing.key)).toContain(key);
    }
  });

  it('is asked about to learn what else names it', async () => {
    mark(`sallyport:revoked-thumbprint:${THUMBPRINT}`);
    expect(await verifier.examine(TOKEN)).toMatchObject({ outcome: 'verified', identity: { tokenId: 'id-1' } });
    expect(await verifier.examine('a b')).toMatchObject({ check: 'characters' });
  });

  it.each([
    'sallyport:revoked:legacy-opaque:id-1',
    'sallyport:notbefore:legacy-opaque:alice',
    'sallyport:notbefore-issuer:legacy-opaque',
  ])('is asked about no more once it was known: %s', async (key) => {
    await verify();
    mark(key);
    server.fails();
    expect(await verify()).toEqual({ ...REVOKED, issuer: 'legacy-opaque' });
    expect(server.asked).toEqual([TOKEN]);
  });

  it('leaves alone what was issued after the mark', async () => {
    await verify();
    Object.assign(standingAt('sallyport:notbefore:legacy-opaque:alice'), {
      marked: true,
      issuedUpToSeconds: NOW - 61,
      fromSeconds: 0,
    });
    expect(await verify()).toMatchObject({ outcome: 'verified' });
  });

  it('has nobody make us remember entries for tokens that they make up', async () => {
    server.says({ active: false });
    await verify('made-up');
    expect(standings.size).toBe(0);
    expect(known.size).toBe(0);
  });
});

describe('several issuers', () => {
  const second = { ...legacy(), name: 'second' };
  let other: AuthorizationServer;

  beforeEach(() => {
    other = new AuthorizationServer({ active: true, sub: 'bob' });
    verifier = verifierOf([legacy(), server], [second, other]);
  });

  it('has a token that one of them vouches for', async () => {
    server.says({ active: false });
    expect(await verify()).toMatchObject({ identity: { issuer: 'second', subject: 'bob' } });
    other.says({ active: false });
    expect(await verify('t')).toMatchObject({ reason: 'token_invalid', check: 'inactive' });
  });

  it('do not wait for one that is slow or down', async () => {
    server.holds();
    expect(await verify()).toMatchObject({ identity: { issuer: 'second' } });
    server.fails();
    expect(await verify('t')).toMatchObject({ identity: { issuer: 'second' } });
  });

  it('has a token for as long as its answer counts, whatever another says later', async () => {
    const held = server.holds();
    await verify();
    held.answer(ACTIVE);
    await server.time.advance(0);
    expect(known.last(TOKEN)).toMatchObject({ identity: { issuer: 'second' } });
  });

  it('cannot judge a token that one of them could not be asked about', async () => {
    server.fails();
    other.says({ active: false });
    for (let index = 0; index < 2; index++) {
      expect(await verify()).toMatchObject({ reason: 'unavailable', issuer: 'legacy-opaque' });
    }
    expect(other.asked).toHaveLength(2);
  });

  it('say why the one did not take a token that the other does not know', async () => {
    server.says({ active: false });
    other.says({ ...ACTIVE, cnf: { jkt: 'x' } });
    expect(await verify()).toMatchObject({ reason: 'token_invalid', check: 'cnf', issuer: 'second' });
  });
});
