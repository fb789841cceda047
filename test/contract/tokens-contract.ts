import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/ports.ts';
import type { ListPosition } from '../../src/lib/lists.ts';
import type { Store } from '../../src/store/store.ts';
import type { TokenFilter } from '../../src/tokens/token.ts';
import { account, FAR, token, UNUSED } from '../support/store/records.ts';

/** The contract of `TokenStore`. */
export function describeTokens(openEmpty: () => Promise<Store>): void {
  const open = async (): Promise<Store> => {
    const store = await openEmpty();
    for (const id of ['account-1', 'account-2']) await store.accounts.add(account(id, id));
    return store;
  };
  describe('tokens', () => {
    it('find() returns an added token, and undefined for an unknown id', async () => {
      const store = await open();
      await store.tokens.add(token('token-1'), 0);
      await store.tokens.add({ ...token('token-2'), use: 'private', name: 'Café', scopes: [] }, 0);
      expect(await store.tokens.find('token-1')).toEqual({ ...token('token-1'), ...UNUSED });
      const second = { ...token('token-2'), use: 'private', name: 'Café', scopes: [] };
      expect(await store.tokens.find('token-2')).toEqual({ ...second, ...UNUSED });
      expect(await store.tokens.find('TOKEN-1')).toBeUndefined();
    });

    it('add() rejects an existing id, and keeps its record', async () => {
      const store = await open();
      await store.tokens.add(token('token-1'), 0);
      await expect(store.tokens.add({ ...token('token-1'), accountId: 'account-2' }, 0)).rejects.toThrow(StoreError);
      expect(await store.tokens.find('token-1')).toEqual({ ...token('token-1'), ...UNUSED });
    });

    it('findByKey() returns an API key by its hash, and nothing else', async () => {
      const store = await open();
      const keyHash = 'a'.repeat(64);
      const key = { ...token('key'), use: 'private' as const, name: 'server', expiresAtSeconds: FAR, keyHash };
      await store.tokens.add({ ...token('jwt'), expiresAtSeconds: FAR }, 0);
      expect(await store.tokens.findByKey(keyHash)).toBeUndefined();
      await store.tokens.add(key, 0);
      expect(await store.tokens.findByKey(keyHash)).toEqual({ ...key, ...UNUSED });
      expect(await store.tokens.find('key')).toEqual({ ...key, ...UNUSED });
      expect((await store.tokens.find('jwt'))?.keyHash).toBeUndefined();
      for (const other of ['b'.repeat(64), keyHash.toUpperCase(), 'key', '']) {
        expect(await store.tokens.findByKey(other)).toBeUndefined();
      }
      await store.tokens.end('key', { atSeconds: 1_500, by: 'ada' });
      expect(await store.tokens.findByKey(keyHash)).toMatchObject({ id: 'key', end: { atSeconds: 1_500 } });
    });

    it('rotate() and restore() keep the hash of an API key', async () => {
      const store = await open();
      const of = (id: string, digit: string) => {
        return { ...token(id), expiresAtSeconds: FAR, keyHash: digit.repeat(64) };
      };
      await store.tokens.add(of('old', '1'), 0);
      expect(await store.tokens.rotate('old', of('heir', '2'), 0)).toMatchObject({ outcome: 'rotated' });
      expect(await store.tokens.findByKey('2'.repeat(64))).toEqual({ ...of('heir', '2'), ...UNUSED });
      expect(await store.tokens.findByKey('1'.repeat(64))).toMatchObject({ id: 'old', successor: 'heir' });
      const copied = { ...of('copied', '3'), ...UNUSED, lastUsedAtSeconds: 1_200 };
      expect(await store.tokens.restore(copied)).toBe(true);
      expect(await store.tokens.findByKey('3'.repeat(64))).toEqual(copied);
      // The record that exists stays, and no hash leads to it but its own.
      expect(await store.tokens.restore({ ...of('copied', '4'), ...UNUSED })).toBe(false);
      expect(await store.tokens.findByKey('4'.repeat(64))).toBeUndefined();
    });

    it('add() records no API key whose account has changed', async () => {
      const store = await open();
      const keyHash = '5'.repeat(64);
      expect(await store.tokens.add({ ...token('key'), expiresAtSeconds: FAR, keyHash }, 7)).toBe(false);
      expect(await store.tokens.findByKey(keyHash)).toBeUndefined();
    });

    it('list() pages through the tokens of one account, newest first', async () => {
      const store = await open();
      const ids = ['c', 'a', 'e', 'b', 'd'];
      for (const [index, id] of ids.entries()) {
        await store.tokens.add({ ...token(id), createdAtSeconds: 1_000 + index, expiresAtSeconds: FAR }, 0);
      }
      await store.tokens.add({ ...token('other'), accountId: 'account-2', expiresAtSeconds: FAR }, 0);
      const at = (id: string) => ({ createdAtSeconds: 1_000 + ids.indexOf(id), id });
      const list = async (limit: number, after?: ListPosition) => {
        const page = await store.tokens.list('account-1', limit, after);
        return { ids: page.tokens.map(({ id }) => id), next: page.next };
      };
      expect(await list(2)).toEqual({ ids: ['d', 'b'], next: at('b') });
      expect(await list(2, at('b'))).toEqual({ ids: ['e', 'a'], next: at('a') });
      expect(await list(2, at('a'))).toEqual({ ids: ['c'], next: undefined });
      expect(await list(5)).toEqual({ ids: ['d', 'b', 'e', 'a', 'c'], next: undefined });
      expect(await list(5, at('c'))).toEqual({ ids: [], next: undefined });
      expect(await store.tokens.list('nobody', 5)).toEqual({ tokens: [], next: undefined });
    });

    it('list() continues at the position of a token that was deleted', async () => {
      const store = await open();
      for (const id of ['a', 'c', 'e', 'A']) await store.tokens.add({ ...token(id), expiresAtSeconds: FAR }, 0);
      for (const [id, seconds] of [
        ['later', 1_001],
        ['half', 999.5],
      ] as const) {
        await store.tokens.add({ ...token(id), createdAtSeconds: seconds, expiresAtSeconds: FAR }, 0);
      }
      const behind = async (id: string, createdAtSeconds: number) =>
        (await store.tokens.list('account-1', 9, { id, createdAtSeconds })).tokens.map((found) => found.id);
      expect(await behind('d', 1_000)).toEqual(['c', 'a', 'A', 'half']);
      expect(await behind('c', 1_000)).toEqual(['a', 'A', 'half']);
      expect(await behind('0', 1_000)).toEqual(['half']);
      expect(await behind('x', 1_000.5)).toEqual(['e', 'c', 'a', 'A', 'half']);
      expect(await behind('z', 999)).toEqual([]);
    });

    it('list() with a filter finds every match among many other tokens', async () => {
      const store = await open();
      const made = Array.from({ length: 1_200 }, (_, index) => ({
        ...token(`token-${index}`),
        use: index % 500 === 0 ? ('private' as const) : ('login' as const),
        createdAtSeconds: 1_000 + index,
        expiresAtSeconds: index === 500 ? 2_000 : FAR,
      }));
      await Promise.all(made.map((one) => store.tokens.add(one, 0)));
      const found = async (filter: TokenFilter, limit = 2): Promise<string[]> => {
        const ids: string[] = [];
        let after: ListPosition | undefined;
        do {
          const page = await store.tokens.list('account-1', limit, after, filter);
          expect(page.tokens.length).toBeLessThanOrEqual(limit);
          ids.push(...page.tokens.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        return ids;
      };
      const privateOnes = { uses: ['private'], expireAfterSeconds: 0 } as const;
      expect(await found(privateOnes)).toEqual(['token-1000', 'token-500', 'token-0']);
      expect(await found({ ...privateOnes, expireAfterSeconds: 2_000 })).toEqual(['token-1000', 'token-0']);
      expect(await found({ uses: ['access'], expireAfterSeconds: 0 })).toEqual([]);
      expect(await found({ uses: ['login', 'private'], expireAfterSeconds: FAR - 1 }, 250)).toHaveLength(1_199);
    });

    it('list() returns each token of the same second once', async () => {
      const store = await open();
      const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      await Promise.all(ids.map((id) => store.tokens.add({ ...token(id), expiresAtSeconds: FAR }, 0)));
      const seen: string[] = [];
      let after: ListPosition | undefined;
      do {
        const page = await store.tokens.list('account-1', 3, after);
        seen.push(...page.tokens.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(seen.toSorted()).toEqual(ids);
    });

    it('rotate() adds one successor, once', async () => {
      const store = await open();
      await store.tokens.add({ ...token('old'), expiresAtSeconds: FAR }, 0);
      const heirs = Array.from({ length: 20 }, (_, index) => ({ ...token(`heir-${index}`), expiresAtSeconds: FAR }));
      const rotated = await Promise.all(heirs.map((heir) => store.tokens.rotate('old', heir, 0)));
      const outcomes = rotated.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'superseded')).toHaveLength(19);
      const heir = heirs[outcomes.indexOf('rotated')];
      expect((await store.tokens.find('old'))?.successor).toBe(heir?.id);
      expect(await store.tokens.find(heir?.id ?? '')).toEqual({ ...heir, ...UNUSED });
      expect((await store.tokens.list('account-1', 100))?.tokens).toHaveLength(2);
    });

    it('rotate() replaces one successor by another, once', async () => {
      const store = await open();
      for (const id of ['old', 'young']) await store.tokens.add({ ...token(id), expiresAtSeconds: FAR }, 0);
      const heir = (id: string) => ({ ...token(id), expiresAtSeconds: FAR });
      expect(await store.tokens.rotate('old', heir('first'), 0)).toMatchObject({ outcome: 'rotated' });
      expect(await store.tokens.rotate('old', heir('other'), 0, { inPlaceOf: 'unknown' })).toEqual({
        outcome: 'superseded',
      });
      expect(await store.tokens.rotate('young', heir('other'), 0, { inPlaceOf: 'first' })).toEqual({
        outcome: 'superseded',
      });
      const heirs = Array.from({ length: 20 }, (_, index) => heir(`heir-${index}`));
      const terms = { inPlaceOf: 'first' };
      const rotated = await Promise.all(heirs.map((one) => store.tokens.rotate('old', one, 0, terms)));
      const outcomes = rotated.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(1);
      expect((await store.tokens.find('old'))?.successor).toBe(heirs[outcomes.indexOf('rotated')]?.id);
      expect((await store.tokens.find('young'))?.successor).toBeUndefined();
      expect(await store.tokens.find('first')).toEqual({ ...heir('first'), ...UNUSED });
      expect((await store.tokens.list('account-1', 100))?.tokens).toHaveLength(4);
    });

    it('rotate() does not replace a recorded successor, however old it is', async () => {
      const store = await open();
      await store.tokens.add({ ...token('old'), expiresAtSeconds: FAR }, 0);
      await store.tokens.rotate('old', { ...token('first'), expiresAtSeconds: FAR }, 0);
      const terms = { unrecordedUntilSeconds: FAR };
      expect(await store.tokens.rotate('old', token('heir'), 0, terms)).toEqual({ outcome: 'superseded' });
      expect(await store.tokens.find('heir')).toBeUndefined();
    });

    it('rotate() returns the old token with its successor', async () => {
      const store = await open();
      const old = { ...token('old'), expiresAtSeconds: FAR };
      await store.tokens.add(old, 0);
      await store.tokens.markUsed(new Map([['old', 2_000]]));
      await store.tokens.end('old', { atSeconds: 3_000, by: 'ada', reason: 'lost' });
      const rotated = await store.tokens.rotate('old', { ...token('heir'), expiresAtSeconds: FAR }, 0);
      const since = { lastUsedAtSeconds: 2_000, end: { atSeconds: 3_000, by: 'ada', reason: 'lost' } };
      expect(rotated).toEqual({ outcome: 'rotated', old: { ...old, ...since, successor: 'heir' } });
    });

    it('rotate() writes nothing for an unknown token', async () => {
      const store = await open();
      expect(await store.tokens.rotate('unknown', token('heir'), 0)).toEqual({ outcome: 'superseded' });
      expect(await store.tokens.find('heir')).toBeUndefined();
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });

    it('end() keeps the earliest end', async () => {
      const store = await open();
      await store.tokens.add({ ...token('token-1'), expiresAtSeconds: FAR }, 0);
      const ends = [
        { atSeconds: 5_000, by: 'ada' },
        { atSeconds: 3_000, by: 'bob', reason: 'lost' },
        { atSeconds: 4_000, by: 'cy' },
      ];
      for (const end of ends) await store.tokens.end('token-1', end);
      expect((await store.tokens.find('token-1'))?.end).toEqual(ends[1]);
      await store.tokens.end('unknown', { atSeconds: 1, by: 'ada' });
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });

    it('forgetEnd() removes the end of a token, and ignores unknown ids', async () => {
      const store = await open();
      await store.tokens.add({ ...token('token-1'), expiresAtSeconds: FAR }, 0);
      await store.tokens.end('token-1', { atSeconds: 3_000, by: 'bob' });
      for (const id of ['token-1', 'unknown']) await store.tokens.forgetEnd(id);
      expect((await store.tokens.find('token-1'))?.end).toBeUndefined();
      await store.tokens.end('token-1', { atSeconds: 4_000, by: 'cy' });
      expect((await store.tokens.find('token-1'))?.end).toEqual({ atSeconds: 4_000, by: 'cy' });
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });

    it('markUsed() keeps the latest use, and ignores unknown ids', async () => {
      const store = await open();
      for (const id of ['a', 'b', 'c']) await store.tokens.add({ ...token(id), expiresAtSeconds: FAR }, 0);
      await store.tokens.markUsed(
        new Map([
          ['a', 2_000],
          ['b', 2_000.5],
          ['unknown', 1],
        ]),
      );
      await store.tokens.markUsed(
        new Map([
          ['a', 1_999],
          ['b', 2_001],
        ]),
      );
      await store.tokens.markUsed(new Map());
      const used = await Promise.all(
        ['a', 'b', 'c'].map(async (id) => (await store.tokens.find(id))?.lastUsedAtSeconds),
      );
      expect(used).toEqual([2_000, 2_001, undefined]);
      expect(await store.tokens.find('unknown')).toBeUndefined();
    });
  });
}
