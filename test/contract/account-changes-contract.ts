import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { account, entry, MARK } from '../support/store/records.ts';
import { readValues } from '../support/store/revocations.ts';

/** `update()` of accounts, and the mark that it may raise. */
export function describeAccountChanges(open: () => Promise<Store>): void {
  describe('accounts', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('update() changes only what the change names', async () => {
      const added = account('account-1', 'ada');
      await store.accounts.add(added);
      const change = { email: 'ada@example.com', passwordHash: '$new', scopes: [], disabled: true };
      expect(await store.accounts.update('account-1', {})).toMatchObject({ outcome: 'updated' });
      expect(await store.accounts.findById('account-1')).toEqual(added);
      expect(await store.accounts.update('account-1', change)).toMatchObject({ outcome: 'updated' });
      expect(await store.accounts.find('ada')).toEqual({ ...added, ...change });
      expect(await store.accounts.update('account-1', { disabled: false, scopes: ['a'] })).toMatchObject({
        outcome: 'updated',
      });
      expect(await store.accounts.find('ada')).toEqual({ ...added, ...change, disabled: false, scopes: ['a'] });
      expect(await store.accounts.update('account-2', change)).toMatchObject({ outcome: 'missing' });
      expect(await readValues(store, [MARK])).toEqual([undefined]);
    });

    it('update() frees an e-mail address that is given up, and keeps the name', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada' });
      expect(await store.accounts.update('account-1', { email: 'first@example.com' })).toMatchObject({
        outcome: 'updated',
      });
      expect(await store.accounts.update('account-1', { email: null })).toMatchObject({ outcome: 'updated' });
      expect(await store.accounts.find('first@example.com')).toBeUndefined();
      expect(await store.accounts.find('ada')).toEqual(account('account-1', 'ada'));
      expect(await store.accounts.add(account('account-2', 'first@example.com'))).toEqual({ outcome: 'added' });
    });

    it('update() writes nothing, and no mark, if the e-mail address is taken', async () => {
      await store.accounts.add({ ...account('account-1', 'ada'), email: 'ada@example.com' });
      await store.accounts.add(account('account-2', 'max'));
      for (const email of ['ADA', 'Ada@Example.com']) {
        const change = { email, disabled: true };
        expect(await store.accounts.update('account-2', change, { mark: MARK })).toMatchObject({ outcome: 'taken' });
      }
      expect(await store.accounts.findById('account-2')).toEqual(account('account-2', 'max'));
      expect(await readValues(store, [MARK])).toEqual([undefined]);
    });

    it('update() raises the mark by at least a second', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      const marks: (string | undefined)[] = [];
      for (let changes = 0; changes < 4; changes++) {
        await store.accounts.update('account-1', {}, { mark: MARK });
        marks.push(...(await readValues(store, [MARK])));
      }
      const numbers = marks.map(Number);
      expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    });

    it.each(['999999999999999', 'nonsense'])('update() leaves the mark %s, which ends everything', async (value) => {
      await store.accounts.add(account('account-1', 'ada'));
      await store.revocations.write(entry(MARK, value));
      expect(await store.accounts.update('account-1', {}, { mark: MARK })).toMatchObject({ outcome: 'updated' });
      expect(await readValues(store, [MARK])).toEqual([value]);
    });

    it('update() applies every one of several changes at once', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      const changes = [{ email: 'ada@example.com' }, { scopes: ['a'] }, { disabled: true }, { passwordHash: '$new' }];
      const done = await Promise.all(
        changes.map((change) => store.accounts.update('account-1', change, { mark: MARK })),
      );
      expect(done.map(({ outcome }) => outcome)).toEqual(['updated', 'updated', 'updated', 'updated']);
      expect(await store.accounts.find('ada')).toEqual({
        ...Object.assign(account('account-1', 'ada'), ...changes),
        version: expect.any(Number),
      });
      expect((await store.accounts.find('ada'))?.version).toBeGreaterThanOrEqual(changes.length);
    });

    it('update() returns the account and the mark as it wrote them', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      const marked = await store.accounts.update('account-1', { scopes: ['a'] }, { mark: MARK });
      const [value] = await readValues(store, [MARK]);
      const written = await store.accounts.findById('account-1');
      expect(marked).toEqual({
        outcome: 'updated',
        account: written,
        mark: { key: MARK, value, expiresAtSeconds: undefined },
      });
      const unmarked = await store.accounts.update('account-1', { email: 'ada@example.com' });
      expect(unmarked).toEqual({
        outcome: 'updated',
        account: { ...written, email: 'ada@example.com' },
        mark: undefined,
      });
    });

    it('update() returns for each of several changes at once what that change made', async () => {
      await store.accounts.add(account('account-1', 'ada'));
      // Further ahead than the clock gets in this test, so that each change raises the mark by one second.
      const ahead = Math.floor(Date.now() / 1000) + 3_600;
      await store.revocations.write(entry(MARK, String(ahead)));
      const hashes = ['$1', '$2', '$3', '$4', '$5'];
      const changed = await Promise.all(
        hashes.map((passwordHash) => store.accounts.update('account-1', { passwordHash }, { mark: MARK })),
      );
      const updated = changed.filter((change) => change.outcome === 'updated');
      expect(updated.map(({ account: { passwordHash } }) => passwordHash)).toEqual(hashes);
      const inOrder = updated.toSorted((one, other) => one.account.version - other.account.version);
      expect(new Set(inOrder.map(({ account: { version } }) => version)).size).toBe(hashes.length);
      expect(inOrder.at(-1)?.account).toEqual(await store.accounts.findById('account-1'));
      const marks = inOrder.map(({ mark }) => Number(mark?.value));
      for (const [index, mark] of marks.entries()) expect(mark).toBeGreaterThanOrEqual(ahead + index + 1);
      expect(Math.max(...marks)).toBe(ahead + hashes.length);
    });

    it('update() gives an e-mail address to one of several accounts at once', async () => {
      const ids = ['account-1', 'account-2', 'account-3'];
      for (const id of ids) await store.accounts.add(account(id, id));
      const done = await Promise.all(ids.map((id) => store.accounts.update(id, { email: 'one@example.com' })));
      expect(done.map(({ outcome }) => outcome).toSorted()).toEqual(['taken', 'taken', 'updated']);
    });
  });
}
