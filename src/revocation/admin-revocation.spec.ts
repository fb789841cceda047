import { describe, expect, it } from 'vitest';
import { makeCredential, NOW_SECONDS as NOW } from '../../test/support/core.ts';
import { OWN, resolverOver } from '../../test/support/revocation/resolver.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { AdminRevocation } from './admin-revocation.ts';
import type { RevocationRequest } from './revocation-request.ts';

const ADA = { account: 'ada', client: '10.0.0.1' };
const OPERATOR = { by: 'operator:ada' };
const ENTRY = { key: 'k', value: 'v', expiresAtSeconds: undefined };

/** A budget of one id without a record, and a writer that keeps what it is given. */
function setUp(write = async (): Promise<void> => {}) {
  const written: unknown[][] = [];
  let left = 1;
  const take = () => (left-- > 0 ? undefined : ({ outcome: 'too many', retryAfterSeconds: 42 } as const));
  const issuers = [OWN, { name: 'partner', kind: 'secrets' }, { name: 'legacy', kind: 'introspection' }] as const;
  const examine = async () => makeCredential({ identity: { issuer: 'legacy', tokenId: 'o1' } });
  const revocation = new AdminRevocation({
    resolver: resolverOver(openMemoryStore(), { issuers, examiner: { examine } }),
    writer: {
      revoke: async (...facts) => {
        await write();
        written.push(facts);
        return ENTRY;
      },
    },
    unrecorded: { take },
  });
  const targets = () => written.map(([target]) => target as RevocationTarget);
  return { revocation, written, targets };
}

function one(issuer: string, tokenId: string): RevocationRequest {
  return { kind: 'token', issuer, tokenId, expiresAtSeconds: undefined };
}

describe('AdminRevocation', () => {
  const lost = { kind: 'token', issuer: 'own', tokenId: 'lost', expiresAtSeconds: NOW + 5_000 } as const;

  it('returns what it wrote, and warnings', async () => {
    const { revocation, written } = setUp();
    expect(await revocation.revoke(one('own', 'lost'), ADA, 'leaked')).toEqual({
      outcome: 'revoked',
      revoked: [{ target: { ...lost, unrecorded: true }, entry: ENTRY }],
      warnings: [{ warning: 'no record', issuer: 'own', tokenId: 'lost', expiresAtSeconds: NOW + 5_000 }],
    });
    expect(written).toEqual([[{ ...lost, unrecorded: true }, ADA, 'leaked']]);
  });

  it('limits only the ids without a record that an account may revoke', async () => {
    const { revocation, written } = setUp();
    expect(await revocation.revoke(one('own', 'first'), ADA)).toMatchObject({ outcome: 'revoked' });
    expect(await revocation.revoke(one('own', 'second'), ADA)).toEqual({ outcome: 'too many', retryAfterSeconds: 42 });
    expect(await revocation.revoke(one('partner', 'third'), ADA)).toMatchObject({ outcome: 'revoked' });
    expect(written).toHaveLength(2);
  });

  it('does not limit an operator, and writes an entry that instances remember', async () => {
    const { revocation, targets } = setUp();
    for (const tokenId of ['lost', 'second']) {
      expect(await revocation.revoke(one('own', tokenId), OPERATOR)).toMatchObject({
        outcome: 'revoked',
        warnings: [{ warning: 'no record' }],
      });
    }
    expect(targets()).toEqual([lost, { ...lost, tokenId: 'second' }]);
  });

  it('writes every entry of an opaque token', async () => {
    const { revocation, targets } = setUp();
    expect(await revocation.revoke({ kind: 'credential', token: 'opaque' }, ADA)).toMatchObject({ outcome: 'revoked' });
    expect(targets().map(({ kind }) => kind)).toEqual(['thumbprint', 'token']);
  });

  it.each<[RevocationRequest, problem: string]>([
    [one('else', 'j'), 'unknown issuer'],
    [{ kind: 'credential', token: '' }, 'not a token'],
  ])('writes nothing for %j', async (request, problem) => {
    const { revocation, written } = setUp();
    expect(await revocation.revoke(request, ADA)).toMatchObject({ outcome: 'refused', problem: { problem } });
    expect(written).toEqual([]);
  });

  it('rejects if the store fails', async () => {
    const { revocation } = setUp(() => Promise.reject(new Error('disk full')));
    await expect(revocation.revoke(one('partner', 'j'), ADA)).rejects.toThrow('disk full');
  });
});
