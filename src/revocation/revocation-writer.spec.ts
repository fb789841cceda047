import { describe, expect, it } from 'vitest';
import { readValues } from '../../test/support/store/revocations.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { RevocationWriter } from './revocation-writer.ts';

const NOW = 1_800_000_000;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJlLW9mLWpvZQ';
const ADA = { account: 'a1', client: '10.0.0.1' };

function setUp(write?: () => Promise<void>) {
  const written: RevocationEntry[] = [];
  const told: unknown[][] = [];
  const ended: unknown[][] = [];
  const revoke = new RevocationWriter({
    tokens: { end: async (...facts) => void ended.push(facts) },
    ownIssuer: 'own',
    revocations: { write: write ?? (async (entry) => void written.push(entry)) },
    accounts: { update: async () => ({ outcome: 'missing' }) },
    audit: { revoked: (...facts) => void told.push(facts) },
    clock: { wallMs: () => NOW * 1000 + 400 },
    clockSkewMs: 30_000,
  });
  return { revoke, written, told, ended };
}

describe('RevocationWriter', () => {
  const token = { kind: 'token', issuer: 'own', tokenId: 't1', expiresAtSeconds: NOW + 600 } as const;

  it('writes who, when and why, then tells the audit log', async () => {
    const { revoke, written, told, ended } = setUp();
    const entry = await revoke.revoke(token, { by: 'operator:ada' }, 'leaked');
    const value = JSON.stringify({ at: NOW, by: 'operator:ada', reason: 'leaked' });
    expect(entry).toEqual({ key: 'sallyport:revoked:own:t1', value, expiresAtSeconds: NOW + 600 + 60 + 60 });
    expect(written).toEqual([entry]);
    expect(told).toEqual([[{ by: 'operator:ada' }, token, 'leaked']]);
    expect(ended).toEqual([['t1', { atSeconds: NOW, by: 'operator:ada', reason: 'leaked' }]]);
  });

  it('changes no record for a token of another issuer, nor for a key', async () => {
    const { revoke, written, ended } = setUp();
    await revoke.revoke({ ...token, issuer: 'partner' }, ADA);
    await revoke.revoke({ kind: 'signing key', issuer: 'own', kid: 't1' }, ADA);
    expect([written.length, ended]).toEqual([2, []]);
  });

  it('removes a token from the reason', async () => {
    const { revoke, written, told } = setUp();
    await revoke.revoke(token, { by: 'operator:ada' }, `found ${JWT} in a log`);
    expect(JSON.stringify([written, told])).not.toContain(JWT.slice(0, 20));
    expect(told[0]?.[2]).toBe('found [redacted] in a log');
  });

  it('writes the entry of a token that expired long ago by our clock, which may be ahead', async () => {
    const { revoke, written, told } = setUp();
    await revoke.revoke({ ...token, expiresAtSeconds: NOW - 900 }, { by: 'x' });
    expect([written.map(({ expiresAtSeconds }) => expiresAtSeconds), told.length]).toEqual([[NOW - 780], 1]);
  });

  it('rejects, and records nothing, if the store fails', async () => {
    const { revoke, told } = setUp(() => Promise.reject(new Error('disk full')));
    await expect(revoke.revoke(token, ADA)).rejects.toThrow('disk full');
    expect(told).toEqual([]);
  });
});

describe('RevocationWriter.revoke() of an account', () => {
  const account = { kind: 'account', issuer: 'own', subject: 'a1' } as const;

  it('revokes a token of another instance whose clock is ahead, and one that is being issued', async () => {
    const { accounts, tokens, revocations } = openMemoryStore();
    const made = { name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: NOW };
    await accounts.add({ id: 'a1', version: 1, ...made });
    const aheadSeconds = Math.ceil(Date.now() / 1000) + 20;
    const token = { accountId: 'a1', use: 'access', scopes: [], expiresAtSeconds: aheadSeconds + 600 } as const;
    await tokens.add({ id: 't1', ...token, createdAtSeconds: aheadSeconds }, 1);
    const told: unknown[][] = [];
    const audit = { revoked: (...facts: unknown[]) => void told.push(facts) };
    const clock = { wallMs: () => NOW * 1000 };
    // The change of the account has written the mark, and nothing writes it again.
    const refusing = { write: async () => Promise.reject(new Error('written twice')) };
    const parts = { accounts, tokens, revocations: refusing, audit, clock, ownIssuer: 'own', clockSkewMs: 30_000 };
    const { value } = await new RevocationWriter(parts).revoke(account, ADA, 'stolen laptop');
    expect(Number(value)).toBeGreaterThanOrEqual(aheadSeconds);
    expect(await readValues({ revocations }, ['sallyport:notbefore:own:a1'])).toEqual([value]);
    const begun = { id: 't2', ...token, createdAtSeconds: aheadSeconds };
    expect(await tokens.add(begun, 1)).toBe(false);
    const ended = { kind: 'subject', issuer: 'own', subject: 'a1', issuedUpToSeconds: Number(value) };
    expect(told).toEqual([[ADA, ended, 'stolen laptop']]);
  });

  it('writes the second of our clock if the store has no such account', async () => {
    const { revoke, written } = setUp();
    await revoke.revoke(account, ADA);
    expect(written).toEqual([{ key: 'sallyport:notbefore:own:a1', value: `${NOW}`, expiresAtSeconds: undefined }]);
  });
});
