import { expect, it } from 'vitest';
import { makeCredential } from '../../test/support/core.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { AdminRevocation } from './admin-revocation.ts';

const NOW = 1_800_000_000;
const KEY = { kid: 'k', issuer: 'own', algorithm: 'EdDSA', sealed: '', createdAtSeconds: 1, signsFromSeconds: 1 };
/** Keys that may have signed tokens of 9,000 seconds, and a budget of one id. */
const UNRECORDED = {
  signingKeys: {
    read: async () => ({ revision: 1, keys: [{ ...KEY, longestTokenSeconds: 9_000 }] }),
  },
  longestTokenSeconds: 5_000,
  get unrecorded() {
    let left = 1;
    return { take: () => (left-- > 0 ? 0 : 42) };
  },
};
const UNUSED = { lastUsedAtSeconds: undefined, end: undefined, successor: undefined };
const ADA = { account: 'ada', client: '10.0.0.1' };

it('RevokeAny.revoke() ends a token of ours until its end, which nobody knows of another issuer’s', async () => {
  const { accounts, tokens } = openMemoryStore();
  const times = { createdAtSeconds: NOW, expiresAtSeconds: NOW + 600 };
  await tokens.restore({ id: 't1', accountId: 'ada', use: 'access', scopes: [], ...times, ...UNUSED });
  const ended: RevocationTarget[] = [];
  const any = new AdminRevocation({
    issuers: [
      { name: 'own', kind: 'signing' },
      { name: 'partner', kind: 'secrets' },
    ],
    accounts,
    tokens,
    examiner: { examine: () => Promise.reject(new Error('nothing is to be verified')) },
    revoke: {
      revoke: async (target) => {
        ended.push(target);
        return { key: '', value: '', expiresAtSeconds: undefined };
      },
    },
    clock: { wallMs: () => NOW * 1000 },
    maxTokenLength: 16_384,
    ...UNRECORDED,
  });
  for (const issuer of ['own', 'partner'])
    expect(await any.revoke({ issuer, jti: 't1' }, ADA)).toEqual({ outcome: 'done' });
  expect(await any.revoke({ issuer: 'own', jti: 'unknown' }, ADA)).toEqual({ outcome: 'done' });
  expect(await any.revoke({ issuer: 'own', jti: 'made up' }, ADA)).toEqual({
    outcome: 'too many',
    retryAfterSeconds: 42,
  });
  expect(await any.revoke({ issuer: 'partner', jti: 'made up' }, ADA)).toEqual({ outcome: 'done' });
  expect(ended).toEqual([
    { kind: 'token', issuer: 'own', tokenId: 't1', expiresAtSeconds: NOW + 600 },
    { kind: 'token', issuer: 'partner', tokenId: 't1', expiresAtSeconds: undefined },
    { kind: 'token', issuer: 'own', tokenId: 'unknown', expiresAtSeconds: NOW + 9_000, unrecorded: true },
    { kind: 'token', issuer: 'partner', tokenId: 'made up', expiresAtSeconds: undefined },
  ]);
});

it('RevokeAny.revokeOwnToken() says so where it cannot tell whose a token is that may be ours', async () => {
  const token = [{ alg: 'ES256' }, { exp: NOW }, 'x'].map((part) => toBase64Url(part)).join('.');
  for (const [issuer, told] of [
    ['own', false],
    ['partner', true],
  ] as const) {
    const any = new AdminRevocation({
      issuers: [
        { name: 'own', kind: 'signing' },
        { name: 'partner', kind: 'jwks' },
      ],
      accounts: openMemoryStore().accounts,
      tokens: openMemoryStore().tokens,
      examiner: { examine: async () => ({ outcome: 'refused', reason: 'unavailable', check: 'keys', issuer }) },
      revoke: { revoke: () => Promise.reject(new Error('nothing is to be revoked')) },
      clock: { wallMs: () => NOW * 1000 },
      maxTokenLength: 16_384,
      ...UNRECORDED,
    });
    expect(await any.revokeOwnToken(token, ADA)).toBe(told);
  }
});

it('RevokeAny.revokeToken() ends an opaque token by all that names it', async () => {
  const ended: RevocationTarget[] = [];
  const any = new AdminRevocation({
    issuers: [{ name: 'legacy', kind: 'introspection' }],
    accounts: openMemoryStore().accounts,
    tokens: openMemoryStore().tokens,
    examiner: { examine: async () => makeCredential({ identity: { issuer: 'legacy', tokenId: 't1' } }) },
    revoke: {
      revoke: async (target) => {
        ended.push(target);
        return { key: '', value: '', expiresAtSeconds: undefined };
      },
    },
    clock: { wallMs: () => NOW * 1000 },
    maxTokenLength: 16_384,
    ...UNRECORDED,
  });
  expect(await any.revokeToken('opaque', ADA)).toBe(true);
  expect(ended.map(({ kind }) => kind)).toEqual(['thumbprint', 'token']);
  // It is none of the account's own, and nobody is asked whether it is.
  expect(await any.revokeOwnToken('opaque', ADA)).toBe(true);
  expect(ended).toHaveLength(2);
});

function toBase64Url(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
