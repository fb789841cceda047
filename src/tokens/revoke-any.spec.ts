import { expect, it } from 'vitest';
import type { RevocationTarget } from '../revocation/target.ts';
import { openMemoryStore } from '../store/memory.ts';
import { RevokeAny } from './revoke-any.ts';

const NOW = 1_800_000_000;
const ADA = { account: 'ada', client: '10.0.0.1' };

it('RevokeAny.revoke() ends a token of ours until its end, which nobody knows of another issuer’s', async () => {
  const { tokens } = openMemoryStore();
  const times = { createdAtSeconds: NOW, expiresAtSeconds: NOW + 600 };
  await tokens.add({ id: 't1', accountId: 'ada', use: 'access', scopes: [], ...times });
  const ended: RevocationTarget[] = [];
  const any = new RevokeAny({
    issuers: [
      { name: 'own', kind: 'signing' },
      { name: 'partner', kind: 'secrets' },
    ],
    tokens,
    verifier: { verify: () => Promise.reject(new Error('nothing is to be verified')) },
    revoke: { revoke: async (target) => void ended.push(target) },
    revokeToken: { revoke: () => Promise.reject(new Error('nobody asked for an own one')) },
    clock: { wallMs: () => NOW * 1000 },
  });
  for (const issuer of ['own', 'partner']) expect(await any.revoke({ issuer, jti: 't1' }, ADA)).toEqual([]);
  expect(await any.revoke({ issuer: 'own', jti: 'unknown' }, ADA)).toEqual([]);
  expect(ended).toEqual([
    { kind: 'token', issuer: 'own', tokenId: 't1', expiresAtSeconds: NOW + 600 },
    { kind: 'token', issuer: 'partner', tokenId: 't1', expiresAtSeconds: undefined },
    { kind: 'token', issuer: 'own', tokenId: 'unknown', expiresAtSeconds: undefined },
  ]);
});
