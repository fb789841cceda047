import { describe, expect, it } from 'vitest';
import { KeyRingFixture } from '../../test/support/jwt/signing.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { RevocationWriter } from './revocation-writer.ts';
import { SigningKeyRevocation } from './signing-key-revocation.ts';

const BY = { by: 'operator:ada' };

async function setUp() {
  const ringing = new KeyRingFixture();
  const [first] = await ringing.ring().reconcile();
  const records: unknown[] = [];
  const revoke: Pick<RevocationWriter, 'revoke'> = {
    revoke: async (target: RevocationTarget, who, reason) => {
      records.push([target, who, reason]);
      await ringing.revoke(target.kind === 'signing key' ? target.kid : '');
      // No account is revoked here.
      return entryFor(target as Exclude<RevocationTarget, { kind: 'account' }>, { at: 0, by: 'ada' }, 0);
    },
  };
  const parts = { issuer: 'sallyport', list: () => ringing.lives(), openRing: async () => ringing.ring(), revoke };
  return { ringing, revocation: new SigningKeyRevocation(parts), parts, records, first: first?.kid ?? '' };
}

describe('SigningKeyRevocation', () => {
  it('revoke() revokes the key that signs, and another signs at once', async () => {
    const { ringing, revocation, records, first } = await setUp();
    const revoked = await revocation.revoke(first, BY, 'leaked');
    const [second, ...others] = await ringing.lives();
    expect(others).toEqual([]);
    expect(second?.state).toBe('signing');
    expect(second?.key.kid).not.toBe(first);
    expect(revoked).toEqual({ outcome: 'revoked', successor: second?.key.kid });
    expect(records).toEqual([[{ kind: 'signing key', issuer: 'sallyport', kid: first }, BY, 'leaked']]);
  });

  it('revoke() revokes a retired key, and the key that signs stays', async () => {
    const { ringing, revocation, first } = await setUp();
    const { key } = await ringing.ring().rotate();
    ringing.nowSeconds += 601;
    expect(await ringing.states()).toEqual(['retired', 'signing']);
    expect(await revocation.revoke(first, BY)).toEqual({ outcome: 'revoked', successor: undefined });
    expect(await ringing.kids()).toEqual([key.kid]);
  });

  it('find() and revoke() name the existing keys if there is no such key, and write nothing', async () => {
    const { revocation, records, first } = await setUp();
    const unknown = { outcome: 'unknown', kids: [first] };
    expect(await revocation.find('other')).toEqual(unknown);
    expect(await revocation.revoke('other', BY)).toEqual(unknown);
    expect(records).toEqual([]);
    expect(await revocation.find(first)).toMatchObject({ outcome: 'found', key: { state: 'signing' } });
  });

  it('revoke() writes nothing if the keys cannot be opened', async () => {
    const { parts, records, first } = await setUp();
    const openRing = () => Promise.reject(new Error('no secret'));
    await expect(new SigningKeyRevocation({ ...parts, openRing }).revoke(first, BY)).rejects.toThrow('no secret');
    expect(records).toEqual([]);
  });
});
