import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/ports.ts';
import type { Store, StoredRecord } from '../../src/store/store.ts';
import { account, entry, FAR, MARK, signingKey, token, UNUSED } from '../support/store/records.ts';

/** Everything that a store holds, for a copy. */
export function describeContents(open: () => Promise<Store>): void {
  describe('contents', () => {
    it('read() returns nothing from an empty store', async () => {
      const store = await open();
      for (const key of (await store.epochs.read()).keys()) await store.epochs.swap(key, undefined, 'A');
      expect(await contentsOf(store)).toEqual([]);
    });

    it('read() returns everything unchanged except epochs, with revocations last', async () => {
      const store = await open();
      for (const key of (await store.epochs.read()).keys()) await store.epochs.swap(key, undefined, 'A');
      const end = Math.ceil(Date.now() / 1000) + 5_000;
      const entries = [
        entry('sallyport:revoked:own:a', 'A', end),
        entry(MARK, '100'),
        entry('sallyport:revoked-key:own:k'),
      ];
      for (const added of entries) await store.revocations.write(added);
      const accounts = [account('account-9', 'zoe'), account('account-5', 'ada')];
      for (const added of accounts) await store.accounts.add(added);
      const keys = [signingKey('key-2'), signingKey('key-1'), { ...signingKey('key-1'), issuer: 'other' }];
      await store.signingKeys.replace('own', 0, keys.slice(0, 2));
      await store.signingKeys.replace('other', 0, keys.slice(2));
      const used = {
        ...token('used'),
        accountId: 'account-5',
        use: 'private' as const,
        name: 'Café',
        expiresAtSeconds: FAR,
        keyHash: 'c'.repeat(64),
      };
      const family = { ...token('family'), accountId: 'account-5', use: 'refresh' as const, expiresAtSeconds: FAR };
      const plain = { ...token('plain'), accountId: 'account-9', family: 'family' };
      for (const added of [used, plain, { ...family, accessTtlSeconds: 60, refreshes: 0 }]) {
        await store.tokens.add(added, 0);
      }
      const step = { id: 'family', accountId: 'account-5', from: 0, issuedAtSeconds: 1_000 };
      await store.tokens.advance({ ...step, expiresAtSeconds: FAR + 1 }, 0);
      await store.tokens.end('used', { atSeconds: 1_500, by: 'ada', reason: 'lost' });
      await store.tokens.markUsed(new Map([['used', 1_400]]));
      const contents = await contentsOf(store);
      expect(recordsOf(contents, 'account')).toEqual(accounts);
      const found = Map.groupBy(recordsOf(contents, 'signing-key'), ({ issuer }) => issuer);
      expect(found).toEqual(Map.groupBy(keys, ({ issuer }) => issuer));
      expect(new Set(recordsOf(contents, 'token'))).toEqual(
        new Set(await Promise.all(['used', 'plain', 'family'].map((id) => store.tokens.find(id)))),
      );
      const near = entries.map((one) => ({ ...one, expiresAtSeconds: one.expiresAtSeconds && expect.closeTo(end, 0) }));
      expect(recordsOf(contents, 'revocation').toSorted(byKey)).toEqual(near.toSorted(byKey));
      expect(contents.slice(0, -entries.length).map(({ kind }) => kind)).not.toContain('revocation');
    });

    it('read() returns every one of very many', async () => {
      const store = await open();
      const ids = Array.from({ length: 1_200 }, (_, index) => `token-${index}`);
      await Promise.all(ids.map((id) => store.revocations.write(entry(`sallyport:revoked:own:${id}`, id))));
      await store.accounts.add(account('account-1', 'ada'));
      await Promise.all(ids.map((id) => store.tokens.add({ ...token(id), expiresAtSeconds: FAR }, 0)));
      const contents = await contentsOf(store);
      expect(new Set(recordsOf(contents, 'revocation').map(({ value }) => value))).toEqual(new Set(ids));
      expect(new Set(recordsOf(contents, 'token').map(({ id }) => id))).toEqual(new Set(ids));
    });

    it('tokens.restore() adds a token with its later state, once, and lists it', async () => {
      const store = await open();
      const end = { atSeconds: 1_500.5, by: 'ada', reason: 'lost' };
      const tracked = { ...token('a'), expiresAtSeconds: FAR, lastUsedAtSeconds: 1_400.5, end, successor: 'b' };
      const plain = { ...token('c'), expiresAtSeconds: FAR, createdAtSeconds: 999, ...UNUSED };
      expect(await store.tokens.restore(plain)).toBe(true);
      expect(await store.tokens.restore(tracked)).toBe(true);
      expect(await store.tokens.restore({ ...tracked, ...UNUSED, name: 'other' })).toBe(false);
      expect(await store.tokens.find('a')).toEqual(tracked);
      expect(await store.tokens.list('account-1', 10)).toEqual({ tokens: [tracked, plain], next: undefined });
      await store.accounts.add(account('account-1', 'ada'));
      expect(await store.tokens.rotate('a', token('d'), 0)).toEqual({ outcome: 'superseded' });
      await expect(store.tokens.add(token('a'), 0)).rejects.toThrow(StoreError);
    });
  });
}

async function contentsOf(store: Store): Promise<readonly StoredRecord[]> {
  return await Array.fromAsync(store.contents.read());
}

function recordsOf<Kind extends StoredRecord['kind']>(contents: readonly StoredRecord[], kind: Kind) {
  type Found = Extract<StoredRecord, { kind: Kind }>['record'];
  // The filter guarantees the type.
  return contents.filter((one) => one.kind === kind).map(({ record }) => record as Found);
}

function byKey(left: { readonly key: string }, right: { readonly key: string }): number {
  return left.key < right.key ? -1 : 1;
}
