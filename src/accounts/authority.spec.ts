import { describe, expect, it } from 'vitest';
import { revocationsOf } from '../../test/support/store/revocations.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import { unread } from '../core/standing.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { Authorities } from './authority.ts';

const NOW = 1_800_000_000;
const MARK = 'sallyport:notbefore:own:ada';
const REVOKED = 'sallyport:revoked:own:login-1';

async function setUp() {
  const store = openMemoryStore(() => NOW * 1000);
  const account = { id: 'ada', name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1 };
  await store.accounts.add({ ...account, version: 0 });
  const { accounts } = store;
  const revocations = revocationsOf(store);
  return { store, authorities: new Authorities({ accounts, revocations, clock: { wallMs: () => NOW * 1000 + 999 } }) };
}

function credential(more: Partial<VerifiedCredential>): VerifiedCredential {
  return {
    outcome: 'verified',
    identity: { issuer: 'own', subject: 'ada', tokenId: 'login-1', scheme: 'bearer', scopes: [] },
    granted: new Set(),
    use: 'login',
    validUntilMs: Number.POSITIVE_INFINITY,
    issuedAtSeconds: NOW - 10,
    generation: 1,
    key: { inForce: true },
    standings: [unread(REVOKED), unread(MARK)],
    upstream: { token: undefined },
    lastUse: undefined,
    ...more,
  };
}

describe('Authorities', () => {
  it('nowSeconds() returns whole seconds', async () => {
    expect((await setUp()).authorities.nowSeconds()).toBe(NOW);
  });

  it('of() a token returns the current version of the account', async () => {
    const { store, authorities } = await setUp();
    const token = credential({});
    expect(await authorities.of(token, NOW)).toEqual({ accountId: 'ada', accountVersion: 0, atSeconds: NOW, token });
    await store.accounts.update('ada', {}, { mark: 'sallyport:other' });
    expect(await authorities.of(token, NOW)).toMatchObject({ accountVersion: 1 });
  });

  it('of() a token returns none if the store ends the token, whatever this instance has cached', async () => {
    const { store, authorities } = await setUp();
    const write = (key: string, value: string) => store.revocations.write({ key, value, expiresAtSeconds: undefined });
    await write(REVOKED, `after:${NOW + 60}`);
    await write(MARK, String(NOW - 11));
    expect(await authorities.of(credential({}), NOW)).toBeDefined();
    await write(MARK, String(NOW - 10));
    expect(await authorities.of(credential({}), NOW)).toBeUndefined();
    const younger = credential({ issuedAtSeconds: NOW });
    expect(await authorities.of(younger, NOW)).toBeDefined();
    await write(REVOKED, '{}');
    expect(await authorities.of(younger, NOW)).toBeUndefined();
  });

  it('of() a token returns none if a change ends the token before the version is read', async () => {
    const { store, authorities } = await setUp();
    const { findById } = store.accounts;
    store.accounts.findById = async (id) => {
      await store.accounts.update('ada', { passwordHash: '$new' }, { mark: MARK });
      return await findById.call(store.accounts, id);
    };
    expect(await authorities.of(credential({}), NOW)).toBeUndefined();
  });

  it('of() a password returns the version of the account with which the password was compared', async () => {
    const { store, authorities } = await setUp();
    await store.accounts.update('ada', {}, { mark: MARK });
    const password = credential({ use: 'password', accountVersion: 0, standings: [] });
    const expected = { accountId: 'ada', accountVersion: 0, atSeconds: NOW, token: undefined };
    expect(await authorities.of(password, NOW)).toEqual(expected);
  });

  it('of() a removed or disabled account returns none', async () => {
    const { store, authorities } = await setUp();
    await store.accounts.update('ada', { disabled: true });
    expect(await authorities.of(credential({}), NOW)).toBeUndefined();
    const removed = { issuer: 'own', subject: 'max', tokenId: 't', scheme: 'bearer', scopes: [] } as const;
    expect(await authorities.of(credential({ identity: removed }), NOW)).toBeUndefined();
  });
});
