import { describe, expect, it } from 'vitest';
import { OWN, resolverOver } from '../../test/support/revocation/resolver.ts';
import { readValues } from '../../test/support/store/revocations.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { RevocationRequest } from './revocation-request.ts';
import { RevocationWriter } from './revocation-writer.ts';
import { Unrevoke } from './unrevoke.ts';

const NOW = 1_800_000_000;
const OPERATOR = { by: 'operator:ada' };

async function setUp() {
  const clock = { wallMs: () => NOW * 1000 };
  const store = openMemoryStore(clock.wallMs);
  const { accounts, tokens, revocations } = store;
  const account = { id: 'ada', name: 'ada', passwordHash: 'x', scopes: [], disabled: false, createdAtSeconds: 1 };
  await accounts.add({ ...account, version: 0 });
  const token = (id: string) =>
    ({ id, accountId: 'ada', use: 'private', scopes: [], createdAtSeconds: NOW, expiresAtSeconds: NOW + 900 }) as const;
  await tokens.add(token('old'), 0);
  const told: unknown[] = [];
  const common = { tokens, revocations, clock, ownIssuer: 'own' };
  const revoke = new RevocationWriter({ ...common, accounts, clockSkewMs: 0, audit: { revoked: () => {} } });
  const unrevoke = new Unrevoke({
    ...common,
    resolver: resolverOver(store, { issuers: [OWN, { name: 'partner', kind: 'jwks' }], clock }),
    audit: { unrevoked: (...facts) => void told.push(facts) },
  });
  const takeBack = async (request: RevocationRequest) => {
    const outcome = await unrevoke.unrevoke(request, OPERATOR);
    if (outcome.outcome === 'refused') throw new Error(outcome.problem.problem);
    expect(outcome.results).toHaveLength(1);
    return outcome.results[0];
  };
  const standing = async (id: string) => (await readValues(store, [`sallyport:revoked:own:${id}`]))[0];
  return { store, token, told, revoke, unrevoke, takeBack, standing };
}

/** A token of the issuer `own`, unless another one is named. */
function oneToken(tokenId: string, issuer = 'own') {
  return { kind: 'token', issuer, tokenId, expiresAtSeconds: NOW + 900 } as const;
}

describe('Unrevoke', () => {
  it('takes the revocation of a token back', async () => {
    const { store, told, revoke, takeBack, standing } = await setUp();
    await revoke.revoke(oneToken('old'), OPERATOR);
    expect(await takeBack(oneToken('old'))).toMatchObject({ outcome: 'taken back' });
    expect(await standing('old')).toMatch(/^unrevoked:/);
    expect((await store.tokens.find('old'))?.end).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  it('never makes a rotated token valid again, although its revocation replaced the entry of the rotation', async () => {
    const { store, token, told, revoke, takeBack, standing } = await setUp();
    await store.tokens.rotate('old', token('new'), 0);
    await revoke.revoke(oneToken('old'), OPERATOR, 'mistaken');
    const before = await standing('old');
    const outcome = await takeBack(oneToken('old'));
    expect(outcome).toEqual({ outcome: 'rotated', key: 'sallyport:revoked:own:old', successor: 'new' });
    expect(await standing('old')).toBe(before);
    expect((await store.tokens.find('old'))?.end).toMatchObject({ reason: 'mistaken' });
    expect(told).toEqual([]);
  });

  it.each([
    ['was revoked', `${NOW}`],
    ['was removed', '999999999999999'],
  ])(
    'leaves the mark of an account of ours that %s: it may end tokens from before a new password',
    async (_, value) => {
      const { store, told, takeBack } = await setUp();
      const key = 'sallyport:notbefore:own:ada';
      await store.revocations.write({ key, value, expiresAtSeconds: undefined });
      const account = { kind: 'subject', issuer: 'own', subject: 'ada', issuedUpToSeconds: undefined } as const;
      expect(await takeBack(account)).toEqual({ outcome: 'account', key });
      expect(await readValues(store, [key])).toEqual([value]);
      expect(told).toEqual([]);
    },
  );

  it.each([
    ['of an account of ours that is in milliseconds', 'own', `${NOW}000`],
    ["of another issuer's subject", 'partner', `${NOW}`],
  ])('takes a mark back %s', async (_, issuer, value) => {
    const { store, takeBack } = await setUp();
    const key = `sallyport:notbefore:${issuer}:ada`;
    await store.revocations.write({ key, value, expiresAtSeconds: undefined });
    const target = { kind: 'subject', issuer, subject: 'ada', issuedUpToSeconds: NOW } as const;
    expect(await takeBack(target)).toEqual({ outcome: 'taken back', key, value });
  });

  it("does not mistake another issuer's token for our own of the same id", async () => {
    const { store, token, revoke, takeBack } = await setUp();
    await store.tokens.rotate('old', token('new'), 0);
    await revoke.revoke(oneToken('old', 'partner'), OPERATOR);
    const outcome = await takeBack(oneToken('old', 'partner'));
    expect(outcome).toMatchObject({ outcome: 'taken back' });
  });

  it('reports that nothing is revoked, and writes no record', async () => {
    const { unrevoke } = await setUp();
    expect(await unrevoke.unrevoke(oneToken('unknown'), OPERATOR)).toMatchObject({
      outcome: 'resolved',
      results: [{ outcome: 'not revoked', key: 'sallyport:revoked:own:unknown' }],
      warnings: [{ warning: 'no record' }],
    });
  });

  it('refuses an invalid request, and writes nothing', async () => {
    const { unrevoke, told } = await setUp();
    const refused = await unrevoke.unrevoke(oneToken('old', 'else'), OPERATOR);
    expect(refused).toMatchObject({ outcome: 'refused', problem: { problem: 'unknown issuer' } });
    expect(told).toEqual([]);
  });
});
