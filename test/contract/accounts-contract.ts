import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/ports.ts';
import type { ListPosition } from '../../src/lib/lists.ts';
import type { Store } from '../../src/store/store.ts';
import { account, entry, MARK } from '../support/store/records.ts';
import { readValues } from '../support/store/revocations.ts';

const ADDED = { outcome: 'added' };
const NAME_TAKEN = { outcome: 'taken', field: 'name' };
const EMAIL_TAKEN = { outcome: 'taken', field: 'email' };

/** Accounts: found, listed, added and removed. */
export function describeAccounts(open: () => Promise<Store>): void {
  describe('accounts', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('find() returns the account, without regard to case and Unicode form', async () => {
      const added = account('account-1', 'Andr\u00e9');
      expect(await store.accounts.add(added)).toEqual(ADDED);
      expect(await store.accounts.find('ANDRE\u0301')).toEqual(added);
      expect(await store.accounts.find('andre')).toBeUndefined();
    });

    it('findById() returns the account, until it is removed', async () => {
      const added = account('account-1', 'ada');
      await store.accounts.add(added);
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.findById('ACCOUNT-1')).toBeUndefined();
      await store.accounts.remove('account-1', {
        key: 'sallyport:notbefore:i:account-1',
        value: '1',
        expiresAtSeconds: undefined,
      });
      expect(await store.accounts.findById('account-1')).toBeUndefined();
    });

    it('list() returns accounts in order of creation', async () => {
      const accounts = [account('account-9', 'zoe'), account('account-5', 'ada'), account('account-7', 'max')];
      for (const added of accounts) await store.accounts.add(added);
      expect(await store.accounts.list()).toEqual(accounts);
    });

    it('page() returns accounts page by page, in order of creation', async () => {
      const ids = ['account-9', 'account-5', 'account-7', 'account-1', 'account-3'];
      for (const id of ids) await store.accounts.add(account(id, id));
      const pages: string[][] = [];
      let after: ListPosition | undefined;
      do {
        const page = await store.accounts.page(2, after);
        pages.push(page.accounts.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
      expect((await store.accounts.page(5)).next).toBeUndefined();
      expect((await store.accounts.page(1)).accounts).toEqual([account('account-9', 'account-9')]);
    });

    it('page() continues after removed accounts, and at the position of one', async () => {
      const ids = ['account-1', 'account-2', 'account-3'];
      for (const [index, id] of ids.entries()) {
        await store.accounts.add({ ...account(id, id), createdAtSeconds: 1_000 + Math.floor(index / 2) });
      }
      const behind = (id: string, createdAtSeconds: number) => store.accounts.page(2, { id, createdAtSeconds });
      expect((await behind('account-1', 1_000)).accounts.map(({ id }) => id)).toEqual(ids.slice(1));
      await store.accounts.remove('account-2', entry(MARK, '100'));
      expect((await behind('account-1', 1_000)).accounts.map(({ id }) => id)).toEqual(['account-3']);
      // It may repeat one of the same second, but skips none.
      expect((await behind('account-2', 1_000)).accounts.map(({ id }) => id)).toEqual(['account-1', 'account-3']);
      expect((await behind('account-2', 1_000.5)).accounts.map(({ id }) => id)).toEqual(['account-3']);
      expect(await behind('account-3', 1_001)).toEqual({ accounts: [], next: undefined });
      expect(await behind('account-9', 2_000)).toEqual({ accounts: [], next: undefined });
    });

    it('add() writes nothing if the name is taken', async () => {
      const first = account('account-1', 'ada');
      await store.accounts.add(first);
      expect(await store.accounts.add(account('account-2', 'ADA'))).toEqual(NAME_TAKEN);
      expect(await store.accounts.list()).toEqual([first]);
    });

    it('add() with onlyFirst writes nothing if any account exists', async () => {
      expect(await store.accounts.add(account('account-1', 'ada'), { onlyFirst: true })).toEqual(ADDED);
      expect(await store.accounts.add(account('account-2', 'max'), { onlyFirst: true })).toEqual({
        outcome: 'not_first',
      });
      expect(await store.accounts.add(account('account-3', 'zoe'), { onlyFirst: false })).toEqual(ADDED);
      expect((await store.accounts.list()).map(({ id }) => id)).toEqual(['account-1', 'account-3']);
    });

    it('add() with onlyFirst adds one of several at once', async () => {
      const names = ['ada', 'max', 'zoe'];
      const added = await Promise.all(
        names.map((name) => store.accounts.add(account(`account-${name}`, name), { onlyFirst: true })),
      );
      expect(added.map(({ outcome }) => outcome).toSorted()).toEqual(['added', 'not_first', 'not_first']);
      expect(await store.accounts.list()).toHaveLength(1);
    });

    it('add() rejects an id that another account has', async () => {
      const first = account('account-1', 'ada');
      await store.accounts.add(first);
      await expect(store.accounts.add(account('account-1', 'max'))).rejects.toThrow(StoreError);
      expect(await store.accounts.list()).toEqual([first]);
    });

    it('find() returns the account by its e-mail address too', async () => {
      const added = { ...account('account-1', 'ada'), email: 'Ada@example.com' };
      expect(await store.accounts.add(added)).toEqual(ADDED);
      expect(await store.accounts.find('ada@EXAMPLE.com')).toEqual(added);
      expect(await store.accounts.find('ADA')).toEqual(added);
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.list()).toEqual([added]);
    });

    it("add() writes nothing if the name is another account's e-mail address, or the other way round", async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      expect(await store.accounts.add(account('account-2', 'ADA@example.com'))).toEqual(NAME_TAKEN);
      expect(await store.accounts.add({ ...account('account-3', 'max'), email: 'Ada' })).toEqual(EMAIL_TAKEN);
      expect(await store.accounts.add({ ...account('account-4', 'zoe'), email: 'ada@Example.com' })).toEqual(
        EMAIL_TAKEN,
      );
      expect(await store.accounts.add({ ...account('account-5', 'eve'), email: 'EVE' })).toEqual(ADDED);
      expect((await store.accounts.list()).map(({ id }) => id)).toEqual(['account-1', 'account-5']);
    });

    it('remove() frees the e-mail address', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(await store.accounts.find('ada@example.com')).toBeUndefined();
      expect(await store.accounts.add(account('account-2', 'ada@example.com'))).toEqual(ADDED);
    });

    it('remove() removes the account and writes its mark', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      expect(await store.accounts.remove('account-1', entry(MARK, '100'))).toEqual({
        outcome: 'removed',
        account: account('account-1', 'ada'),
      });
      expect(await store.accounts.find('ada')).toBeUndefined();
      expect(await readValues(store, [MARK])).toEqual(['100']);
      expect(await store.accounts.add(account('account-2', 'Ada'))).toEqual(ADDED);
    });

    it('remove() does not weaken a mark that exists', async () => {
      await store.revocations.write(entry(MARK, '200'));
      await store.accounts.add(account('account-1', 'ada'));
      await store.accounts.remove('account-1', entry(MARK, '100'));
      expect(await readValues(store, [MARK])).toEqual(['200']);
    });

    it('remove() writes no mark if there is no such account', async () => {
      expect(await store.accounts.remove('account-1', entry(MARK, '100'))).toEqual({ outcome: 'missing' });
      expect(await readValues(store, [MARK])).toEqual([undefined]);
    });
  });
}
