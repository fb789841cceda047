import { describe, expect, it } from 'vitest';
import { own } from '../../../test/support/jwt/issuers.ts';
import { GENERATION, NOW, SKEW } from '../../../test/support/jwt/verifying.ts';
import { StoreError } from '../../core/ports.ts';
import { unread } from '../../core/standing.ts';
import { hashOfKey, makeApiKey } from '../../lib/api-key/api-key.ts';
import { TokenCache } from '../token-cache.ts';
import type { ApiKeyRecord } from './api-key-verifier.ts';
import { ApiKeyVerifier } from './api-key-verifier.ts';
import { UnknownKeyBudget } from './unknown-key-budget.ts';

const KEY = makeApiKey('sp');
const RECORD: ApiKeyRecord = {
  id: 'id-1',
  accountId: 'ada',
  scopes: ['messages:send'],
  createdAtSeconds: NOW - 60,
  expiresAtSeconds: NOW + 600,
};
const CLIENT = () => '192.0.2.1';

/** A verifier over these records, whose store and clock the test controls. */
function setUp(record: Partial<ApiKeyRecord> = {}) {
  const time = { ms: 0 };
  const records = new Map([[hashOfKey(KEY), { ...RECORD, ...record }]]);
  const store = { reads: 0, fails: undefined as Error | undefined };
  const cache = new TokenCache(100);
  const clock = { wallMs: () => NOW * 1000 + time.ms, monotonicMs: () => time.ms };
  const unknownKeys = new UnknownKeyBudget(clock);
  const verifierOf = (generation: number) =>
    new ApiKeyVerifier({
      issuer: own('EdDSA', { name: 'own' }),
      prefix: 'sp',
      records: {
        findByKey: async (hash) => {
          store.reads += 1;
          if (store.fails !== undefined) throw store.fails;
          return records.get(hash);
        },
      },
      cache,
      unknown: unknownKeys,
      standings: { at: unread },
      clock,
      clockSkewMs: SKEW * 1000,
      maxTokenLength: 16_384,
      generation,
    });
  const verifier = verifierOf(GENERATION);
  const verify = (value: string, client?: () => string) => verifier.verify({ scheme: 'bearer', value }, client);
  return { verify, verifierOf, records, store, cache, time };
}

describe('ApiKeyVerifier', () => {
  it('gives a key the credential of a private token, with every entry that can end it', async () => {
    const { verify, cache } = setUp();
    const found = await verify(KEY);
    expect(found).toMatchObject({
      outcome: 'verified',
      identity: { issuer: 'own', subject: 'ada', tokenId: 'id-1', scheme: 'bearer', scopes: ['messages:send'] },
      use: 'private',
      issuedAtSeconds: NOW - 60,
      validUntilMs: (NOW + 600 + SKEW) * 1000,
      generation: GENERATION,
      lastUse: { atMs: Number.NEGATIVE_INFINITY },
    });
    expect(found.outcome === 'verified' && found.standings.map(({ key }) => key).toSorted()).toEqual([
      'sallyport:notbefore-issuer:own',
      'sallyport:notbefore:own:ada',
      'sallyport:revoked-thumbprint:' + hashOfKey(KEY),
      'sallyport:revoked:own:id-1',
    ]);
    expect(cache.find({ scheme: 'bearer', value: KEY })).toBe(found);
  });

  it('refuses a wrong checksum without a look-up', async () => {
    const { verify, store } = setUp();
    const wrong = KEY.slice(0, -1) + (KEY.endsWith('a') ? 'b' : 'a');
    for (const value of [wrong, 'sp_', 'sp_a.b.c', `${KEY} `, KEY.slice(0, -1)]) {
      expect(await verify(value)).toMatchObject({ reason: 'token_invalid', check: 'checksum' });
    }
    expect(store.reads).toBe(0);
  });

  it('looks an unknown key up once in two seconds', async () => {
    const { verify, store, time } = setUp();
    const unknown = makeApiKey('sp');
    const refused = { reason: 'token_invalid', check: 'unknown key', issuer: 'own' };
    expect(await verify(unknown)).toMatchObject(refused);
    expect(await verify(unknown)).toMatchObject(refused);
    expect(store.reads).toBe(1);
    time.ms += 2_001;
    expect(await verify(unknown)).toMatchObject(refused);
    expect(store.reads).toBe(2);
  });

  it('looks a key up once for several decisions at a time', async () => {
    const { verify, store } = setUp();
    await Promise.all(Array.from({ length: 20 }, () => verify(KEY)));
    expect(store.reads).toBe(1);
  });

  it('refuses further unknown keys of a client, but none of its known keys and of other clients', async () => {
    const { verify, store, time } = setUp();
    await verify(KEY, CLIENT);
    for (let tries = 0; tries < 100; tries++) await verify(makeApiKey('sp'), CLIENT);
    const reads = store.reads;
    expect(await verify(makeApiKey('sp'), CLIENT)).toEqual({
      outcome: 'refused',
      reason: 'too_many_attempts',
      check: 'too many unknown keys of this address',
      issuer: 'own',
      retryAfterSeconds: 1,
    });
    expect(store.reads).toBe(reads);
    expect(await verify(KEY, CLIENT)).toMatchObject({ outcome: 'verified' });
    expect(await verify(makeApiKey('sp'), () => '192.0.2.2')).toMatchObject({ check: 'unknown key' });
    expect(await verify(makeApiKey('sp'))).toMatchObject({ check: 'unknown key' });
    time.ms += 200;
    expect(await verify(makeApiKey('sp'), CLIENT)).toMatchObject({ check: 'unknown key' });
  });

  it('does not refuse a key that was known before a reload for the unknown keys of its address', async () => {
    const { verify, verifierOf } = setUp();
    await verify(KEY, CLIENT);
    for (let tries = 0; tries < 101; tries++) await verify(makeApiKey('sp'), CLIENT);
    const next = verifierOf(GENERATION + 1);
    expect(await next.verify({ scheme: 'bearer', value: KEY }, CLIENT)).toMatchObject({ outcome: 'verified' });
    expect(await next.verify({ scheme: 'bearer', value: makeApiKey('sp') }, CLIENT)).toMatchObject({
      reason: 'too_many_attempts',
    });
  });

  it('does not cache an expired key', async () => {
    const { verify, cache } = setUp({ expiresAtSeconds: NOW - SKEW });
    expect(await verify(KEY)).toMatchObject({ outcome: 'verified', validUntilMs: NOW * 1000 });
    expect(cache.size).toBe(0);
  });

  it('refuses a key from the future, which would escape marks', async () => {
    const { verify, cache } = setUp({ createdAtSeconds: NOW + SKEW + 1 });
    expect(await verify(KEY)).toMatchObject({ reason: 'token_invalid', check: 'iat' });
    expect(cache.size).toBe(0);
  });

  it('reads a known key again after five minutes, and refuses it once its record is gone', async () => {
    const { verify, records } = setUp();
    const known = await verify(KEY);
    expect(known).toMatchObject({ reverifyAt: { monotonicMs: 300_000, wallMs: NOW * 1000 + 300_000 } });
    records.clear();
    expect(await verify(KEY)).toMatchObject({ reason: 'token_invalid', check: 'unknown key' });
  });

  describe('while the store does not answer', () => {
    it('a known key stays known, and is read again a second later', async () => {
      const { verify, store, time, cache } = setUp();
      await verify(KEY);
      store.fails = new StoreError('no answer');
      time.ms += 300_000;
      expect(await verify(KEY)).toMatchObject({ outcome: 'verified', reverifyAt: { monotonicMs: 301_000 } });
      expect(cache.last(KEY)).toMatchObject({ reverifyAt: { monotonicMs: 301_000 } });
      store.fails = undefined;
      expect(await verify(KEY)).toMatchObject({ outcome: 'verified', reverifyAt: { monotonicMs: 600_000 } });
    });

    it('any other key is unavailable, and not refused for longer', async () => {
      const { verify, store } = setUp();
      store.fails = new StoreError('no answer');
      expect(await verify(KEY)).toMatchObject({ reason: 'unavailable', check: 'keys not readable', issuer: 'own' });
      store.fails = undefined;
      expect(await verify(KEY)).toMatchObject({ outcome: 'verified' });
    });

    it('a key that was known under another configuration is unavailable', async () => {
      const { verify, verifierOf, store } = setUp();
      await verify(KEY);
      store.fails = new StoreError('no answer');
      const next = verifierOf(GENERATION + 1);
      expect(await next.verify({ scheme: 'bearer', value: KEY })).toMatchObject({ reason: 'unavailable' });
    });
  });

  it('rejects for a bug', async () => {
    const { verify, store } = setUp();
    store.fails = new TypeError('a bug');
    await expect(verify(KEY)).rejects.toThrow('a bug');
  });
});
