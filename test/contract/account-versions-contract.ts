import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { account, FAR, MARK, token } from '../support/store/records.ts';
import { readValues } from '../support/store/revocations.ts';

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** How a change of an account and the recording of its tokens exclude each other. */
export function describeAccountVersions(open: () => Promise<Store>): void {
  describe('versions of accounts', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      await store.accounts.add(account('account-1', 'ada'));
    });
    const versionOf = async (id = 'account-1'): Promise<number> => (await store.accounts.findById(id))?.version ?? -1;
    const markSeconds = async (): Promise<number> => Number((await readValues(store, [MARK]))[0]);
    const dated = (id: string, createdAtSeconds: number) => ({ ...token(id), createdAtSeconds, expiresAtSeconds: FAR });

    it('the version rises with every change that revokes tokens, and with no other', async () => {
      expect(await versionOf()).toBe(0);
      await store.accounts.update('account-1', { email: 'ada@example.com' });
      expect(await versionOf()).toBe(0);
      await store.accounts.update('account-1', { passwordHash: '$new' }, { mark: MARK });
      const second = await versionOf();
      expect(second).toBeGreaterThan(0);
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await versionOf()).toBeGreaterThan(second);
      expect(await store.accounts.find('ada')).toEqual(await store.accounts.findById('account-1'));
    });

    it('the mark is the time of the store when it is written', async () => {
      const before = nowSeconds();
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await markSeconds()).toBeGreaterThanOrEqual(before);
      expect(await markSeconds()).toBeLessThanOrEqual(nowSeconds());
    });

    it.each([
      ['20 s ahead', [20]],
      ['20 s behind', [-20]],
      ['ahead by a fraction', [19.5]],
      ['stepped back by an hour', [3_600, -3_600]],
    ])('the mark revokes every token that was recorded under a clock that is %s', async (_what, offsets) => {
      const began = nowSeconds();
      for (const [index, offset] of offsets.entries()) {
        expect(await store.tokens.add(dated(`token-${index}`, began + offset), 0)).toBe(true);
      }
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await markSeconds()).toBeGreaterThanOrEqual(Math.max(began, ...offsets.map((offset) => began + offset)));
    });

    it('the mark revokes a token that was restored from a copy, and the successor of a rotated token', async () => {
      const restored = { lastUsedAtSeconds: undefined, end: undefined, successor: undefined };
      await store.tokens.restore({ ...dated('restored', nowSeconds() + 600), ...restored });
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await markSeconds()).toBeGreaterThanOrEqual(nowSeconds() + 590);
      const heir = dated('heir', nowSeconds() + 6_000);
      expect(await store.tokens.rotate('restored', heir, await versionOf())).toMatchObject({ outcome: 'rotated' });
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await markSeconds()).toBeGreaterThanOrEqual(heir.createdAtSeconds);
    });

    it('add() records no token for an account that has another version, is disabled or does not exist', async () => {
      await store.accounts.update('account-1', {}, { mark: MARK });
      const version = await versionOf();
      expect(await store.tokens.add(token('late'), 0)).toBe(false);
      expect(await store.tokens.add(token('early'), version + 1)).toBe(false);
      expect(await store.tokens.add({ ...token('nobody'), accountId: 'account-2' }, 0)).toBe(false);
      expect(await store.tokens.add(token('in time'), version)).toBe(true);
      await store.accounts.update('account-1', { disabled: true });
      expect(await store.tokens.add(token('disabled'), version)).toBe(false);
      await store.accounts.update('account-1', { disabled: false });
      expect(await store.tokens.add(token('enabled'), version)).toBe(true);
      await store.accounts.remove('account-1', { key: MARK, value: '999999999999999', expiresAtSeconds: undefined });
      expect(await store.tokens.add(token('removed'), version)).toBe(false);
      const found = (await store.tokens.list('account-1', 10))?.tokens.map(({ id }) => id);
      expect(new Set(found)).toEqual(new Set(['in time', 'enabled']));
      for (const id of ['late', 'early', 'nobody', 'disabled', 'removed']) {
        expect(await store.tokens.find(id)).toBeUndefined();
      }
    });

    it('rotate() writes nothing for an account that has another version', async () => {
      await store.tokens.add(dated('old', 1_000), 0);
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await store.tokens.rotate('old', dated('heir', 1_000), 0)).toEqual({ outcome: 'account_changed' });
      expect(await store.tokens.find('heir')).toBeUndefined();
      expect((await store.tokens.find('old'))?.successor).toBeUndefined();
      expect(await store.tokens.rotate('old', dated('heir', 1_000), await versionOf())).toMatchObject({
        outcome: 'rotated',
      });
    });

    it('no token that is recorded while the account changes survives the change', async () => {
      // By an instance whose clock is ahead: a mark of the current time would not revoke these.
      const tokens = Array.from({ length: 40 }, (_, index) => dated(`token-${index}`, nowSeconds() + 60 + index));
      const adding = (part: typeof tokens) => part.map((one) => store.tokens.add(one, 0));
      const first = adding(tokens.slice(0, 20));
      const changing = store.accounts.update('account-1', { passwordHash: '$new' }, { mark: MARK });
      const added = await Promise.all([...first, ...adding(tokens.slice(20))]);
      expect(await changing).toMatchObject({ outcome: 'updated' });
      const mark = await markSeconds();
      for (const [index, one] of tokens.entries()) {
        const kept = await store.tokens.find(one.id);
        expect(kept !== undefined).toBe(added[index]);
        if (kept !== undefined) expect(kept.createdAtSeconds).toBeLessThanOrEqual(mark);
      }
      expect(await store.tokens.add(dated('later', nowSeconds()), 0)).toBe(false);
    });

    it('add() and remove() write nothing if the account that makes the change has changed or is disabled', async () => {
      const onlyIf = { id: 'account-1', version: 0 };
      const mark = { key: 'sallyport:notbefore:own:account-2', value: '999999999999999', expiresAtSeconds: undefined };
      expect(await store.accounts.add(account('account-2', 'max'), { onlyIf })).toEqual({ outcome: 'added' });
      await store.accounts.update('account-1', {}, { mark: MARK });
      expect(await store.accounts.add(account('account-3', 'eve'), { onlyIf })).toEqual({ outcome: 'stale' });
      expect(await store.accounts.remove('account-2', mark, onlyIf)).toEqual({ outcome: 'stale' });
      const now = { id: 'account-1', version: await versionOf() };
      await store.accounts.update('account-1', { disabled: true });
      expect(await store.accounts.add(account('account-3', 'eve'), { onlyIf: now })).toEqual({ outcome: 'stale' });
      expect(await store.accounts.remove('account-2', mark, now)).toEqual({ outcome: 'stale' });
      expect((await store.accounts.list()).map(({ id }) => id)).toEqual(['account-1', 'account-2']);
      expect(await readValues(store, [mark.key])).toEqual([undefined]);
      await store.accounts.update('account-1', { disabled: false });
      expect(await store.accounts.remove('account-2', mark, now)).toMatchObject({ outcome: 'removed' });
    });

    it('update() writes nothing if the account has other scopes than when the change was decided', async () => {
      const ifScopes = (await store.accounts.findById('account-1'))?.scopes;
      expect(await store.accounts.update('account-1', { scopes: ['a', 'b'] }, { ifScopes })).toMatchObject({
        outcome: 'updated',
      });
      const before = await store.accounts.findById('account-1');
      expect(await store.accounts.update('account-1', { scopes: ['a'] }, { ifScopes })).toEqual({
        outcome: 'raced',
        account: before,
      });
      expect(await store.accounts.update('account-1', { passwordHash: '$new' }, { mark: MARK, ifScopes })).toEqual({
        outcome: 'raced',
        account: before,
      });
      expect(await store.accounts.findById('account-1')).toEqual(before);
      expect(await readValues(store, [MARK])).toEqual([undefined]);
      const terms = { mark: MARK, ifScopes: ['a', 'b'] };
      expect(await store.accounts.update('account-1', { scopes: ['a'] }, terms)).toMatchObject({ outcome: 'updated' });
    });

    it('update() writes nothing if the account that makes the change has changed or is disabled', async () => {
      await store.accounts.add(account('account-2', 'max'));
      const onlyIf = { id: 'account-2', version: 0 };
      expect(await store.accounts.update('account-1', { scopes: ['a'] }, { mark: MARK, onlyIf })).toMatchObject({
        outcome: 'updated',
      });
      await store.accounts.update('account-2', { disabled: true });
      const before = await store.accounts.findById('account-1');
      expect(await store.accounts.update('account-1', { scopes: [] }, { mark: MARK, onlyIf })).toMatchObject({
        outcome: 'stale',
      });
      await store.accounts.update('account-2', { disabled: false }, { mark: 'sallyport:notbefore:own:account-2' });
      expect(await store.accounts.update('account-1', { scopes: [] }, { onlyIf })).toMatchObject({ outcome: 'stale' });
      expect(await store.accounts.findById('account-1')).toEqual(before);
      const itself = { id: 'account-1', version: before?.version ?? -1 };
      expect(await store.accounts.update('account-1', { scopes: [] }, { mark: MARK, onlyIf: itself })).toMatchObject({
        outcome: 'updated',
      });
      expect(await store.accounts.update('account-1', {}, { mark: MARK, onlyIf: itself })).toMatchObject({
        outcome: 'stale',
      });
    });
  });
}
