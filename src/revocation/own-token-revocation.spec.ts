import { describe, expect, it } from 'vitest';
import { makeCredential, NOW_SECONDS as NOW } from '../../test/support/core.ts';
import { forge } from '../../test/support/jwt/forge.ts';
import { secretOf } from '../../test/support/jwt/keys.ts';
import { resolverOver } from '../../test/support/revocation/resolver.ts';
import type { VerificationResult } from '../core/credential/verified-credential.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { newTokenId } from '../tokens/token-mint.ts';
import { OwnTokenRevocation } from './own-token-revocation.ts';
import { RevocationWriter } from './revocation-writer.ts';
import { UnrecordedBudget } from './unrecorded-budget.ts';

const ADA = { account: 'a1', client: '10.0.0.1' };
const EVE = { ...ADA, account: 'eve' };

/** The token `t1` of Ada, and what {@link OwnTokenRevocation} writes. */
async function setUp(examined?: VerificationResult) {
  const store = openMemoryStore(() => NOW * 1000);
  const { accounts, tokens, revocations } = store;
  const times = { createdAtSeconds: NOW, expiresAtSeconds: NOW + 600 };
  const unused = { lastUsedAtSeconds: undefined, end: undefined, successor: undefined };
  await tokens.restore({ id: 't1', accountId: 'a1', use: 'access', scopes: [], ...times, ...unused });
  const written: RevocationEntry[] = [];
  const { write } = revocations;
  revocations.write = async (entry) => {
    written.push(entry);
    await write.call(revocations, entry);
  };
  const told: unknown[][] = [];
  const left: unknown[][] = [];
  const audit = {
    revoked: (...facts: unknown[]) => void told.push(facts),
    foreignTokenLeft: (...facts: unknown[]) => void left.push(facts),
  };
  const clock = { wallMs: () => NOW * 1000, monotonicMs: () => 0 };
  const parts = { issuer: 'own', tokens, revocations, clock, clockSkewMs: 30_000, audit };
  const examiner = {
    examine: examined === undefined ? () => Promise.reject(new Error('unexpected')) : async () => examined,
  };
  const revoking = new OwnTokenRevocation({
    ...parts,
    resolver: resolverOver(store, examined === undefined ? {} : { examiner }),
    writer: new RevocationWriter({ ...parts, accounts, ownIssuer: 'own' }),
    unrecorded: new UnrecordedBudget(clock),
  });
  return { revoking, written, told, left, store };
}

/** Ours, and verified as `ada`'s in the tests that present it. */
const JWT = forge({ alg: 'HS256' }, { exp: NOW + 300 }, secretOf('s'));

function verified(issuer: string, subject: string): VerificationResult {
  return makeCredential({ identity: { issuer, subject, tokenId: 'j1' } });
}

describe('OwnTokenRevocation', () => {
  it('revoke() revokes a token of the account until it has expired by every clock', async () => {
    const { revoking, written, told } = await setUp();
    expect(await revoking.revoke('t1', ADA, 'lost')).toEqual({ outcome: 'revoked' });
    const value = JSON.stringify({ at: NOW, by: 'a1', reason: 'lost' });
    expect(written).toEqual([{ key: 'sallyport:revoked:own:t1', value, expiresAtSeconds: NOW + 720 }]);
    expect(told).toMatchObject([[ADA, { tokenId: 't1' }, 'lost']]);
  });

  it("revoke() does not distinguish an unknown token from another account's, and writes nothing", async () => {
    const { revoking, written, told } = await setUp();
    expect(await revoking.revoke('t1', EVE)).toEqual({ outcome: 'not_found' });
    expect(await revoking.revoke('unknown', ADA)).toEqual({ outcome: 'not_found' });
    expect([written, told]).toEqual([[], []]);
  });

  it('revokeUnlisted() revokes an id without a record for the longest life of a token, and one of the account', async () => {
    const { revoking, written } = await setUp();
    const lost = 'V1StGXR8_Z5jdHi6B-myT';
    await revoking.revokeUnlisted(lost, ADA);
    await revoking.revokeUnlisted('t1', ADA, 'logged out');
    const expiries = written.map(({ key, expiresAtSeconds = 0 }) => [key, expiresAtSeconds - NOW]);
    expect(expiries).toEqual([
      [`sallyport:revoked:own:${lost}`, 5_120],
      ['sallyport:revoked:own:t1', 720],
    ]);
    const attribution = { at: NOW, by: 'a1' };
    expect(written.map(({ value }) => JSON.parse(value))).toEqual([
      { ...attribution, unrecorded: true },
      { ...attribution, reason: 'logged out' },
    ]);
    for (const id of ['unknown', `${lost}T`, '']) {
      expect(await revoking.revokeUnlisted(id, ADA)).toEqual({ outcome: 'done' });
    }
    expect(written).toHaveLength(2);
  });

  it('revokeUnlisted() leaves another account’s token alone, but does the same work', async () => {
    const { revoking, written, told, left, store } = await setUp();
    const reads: string[] = [];
    const { find } = store.tokens;
    store.tokens.find = (id) => {
      reads.push(id);
      return find.call(store.tokens, id);
    };
    expect(await revoking.revokeUnlisted('t1', EVE)).toEqual({ outcome: 'done' });
    expect([told, left, reads]).toEqual([[], [[EVE, 't1']], ['t1']]);
    expect(written).toHaveLength(1);
    expect(written[0]?.key).not.toBe('sallyport:revoked:own:t1');
    expect(written[0]?.expiresAtSeconds).toBe(NOW + 120);
    expect((await store.revocations.readEntries(['sallyport:revoked:own:t1']))[0]).toBeUndefined();
  });

  it('revokeUnlisted() limits an account to 30 ids a minute that are unknown or of another account', async () => {
    const { revoking, written, left } = await setUp();
    const outcomes: unknown[] = [];
    for (let nth = 0; nth < 29; nth++) outcomes.push(await revoking.revokeUnlisted(newTokenId(), EVE));
    outcomes.push(await revoking.revokeUnlisted('t1', EVE));
    expect(new Set(outcomes.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"outcome":"done"}']));
    for (const id of [newTokenId(), 't1']) {
      expect(await revoking.revokeUnlisted(id, EVE)).toEqual({ outcome: 'too many', retryAfterSeconds: 2 });
    }
    expect([written.length, left.length]).toEqual([30, 1]);
    // A known token of the account needs no budget, and another account has a budget of its own.
    expect(await revoking.revokeUnlisted('t1', ADA)).toEqual({ outcome: 'done' });
    expect(await revoking.revokeUnlisted(newTokenId(), ADA)).toEqual({ outcome: 'done' });
  });

  it('revokePresented() revokes a token of the account until it expires, with or without a record', async () => {
    const { revoking, written } = await setUp(verified('own', 'a1'));
    expect(await revoking.revokePresented(JWT, ADA)).toEqual({ outcome: 'done' });
    expect(written).toMatchObject([{ key: 'sallyport:revoked:own:j1', expiresAtSeconds: NOW + 420 }]);
  });

  it.each<[what: string, token: string, VerificationResult]>([
    ["another account's", JWT, verified('own', 'a2')],
    ["another issuer's, of a subject of the same name", JWT, verified('partner', 'a1')],
    ['a token that fails verification', JWT, { outcome: 'refused', reason: 'token_invalid', check: 'signature' }],
    [
      'one that may be of another issuer, which cannot be asked',
      JWT,
      { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: 'partner' },
    ],
    ['an opaque token', 'opaque', verified('own', 'a1')],
    ['an empty string', '', verified('own', 'a1')],
  ])('revokePresented() ignores %s', async (_what, token, examined) => {
    const { revoking, written } = await setUp(examined);
    expect(await revoking.revokePresented(token, ADA)).toEqual({ outcome: 'done' });
    expect(written).toEqual([]);
  });

  it('revokePresented() reports if a token that may be ours cannot be verified', async () => {
    const examined = { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: 'own' } as const;
    const { revoking, written } = await setUp(examined);
    expect(await revoking.revokePresented(JWT, ADA)).toEqual({ outcome: 'unavailable' });
    expect(written).toEqual([]);
  });

  it.each([
    ['revoke', 't1'],
    ['revokeUnlisted', 't1'],
    ['revokeUnlisted', newTokenId()],
    ['revokePresented', JWT],
  ] as const)('%s() acknowledges nothing that the store does not have', async (method, what) => {
    const { revoking, store, told } = await setUp(verified('own', 'a1'));
    store.revocations.write = () => Promise.reject(new Error('disk full'));
    await expect(revoking[method](what, ADA)).rejects.toThrow('disk full');
    expect(told).toEqual([]);
  });
});
