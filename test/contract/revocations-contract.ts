import { beforeEach, describe, expect, it } from 'vitest';
import { writeUndone } from '../../src/core/revocation-entry.ts';
import type { Store } from '../../src/store/store.ts';
import { account, entry, FAR, MARK } from '../support/store/records.ts';
import { readValues } from '../support/store/revocations.ts';

/** The revocation set. */
export function describeRevocations(open: () => Promise<Store>): void {
  describe('revocations', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('read() returns values in the order of the keys, undefined without an entry', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A'));
      await store.revocations.write(entry('sallyport:revoked:own:b', ''));
      const keys = ['sallyport:revoked:own:b', 'sallyport:revoked:own:c', 'sallyport:revoked:own:a'];
      expect(await readValues(store, keys)).toEqual(['', undefined, 'A']);
      expect(await readValues(store, [])).toEqual([]);
    });

    it('readAtOnce() reads what read() does, in a store that has it', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A'));
      const keys = ['sallyport:revoked:own:b', 'sallyport:revoked:own:a'];
      const read = await store.revocations.read(keys);
      expect(store.revocations.readAtOnce?.(keys) ?? read).toEqual(read);
    });

    it('write() accepts an expiry with a fraction, or none', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A', 4_000_000_000.5));
      await store.revocations.write(entry('sallyport:revoked:own:b', 'B', undefined));
      expect(await readValues(store, ['sallyport:revoked:own:a', 'sallyport:revoked:own:b'])).toEqual(['A', 'B']);
    });

    it.each([
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', '{"at":2}'], result: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', '{"at":2}'], result: '{"at":2}' },
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', 'after:20'], result: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', 'after:10'], result: 'after:20' },
      { key: MARK, values: ['100', '200'], result: '200' },
      { key: MARK, values: ['200', '100'], result: '200' },
      { key: 'sallyport:notbefore-issuer:own', values: ['1000', '999', '1001'], result: '1001' },
    ])('write() of $values leaves $result', async ({ key, values, result }) => {
      for (const value of values) await store.revocations.write(entry(key, value));
      expect(await readValues(store, [key])).toEqual([result]);
    });

    it('readEntries() returns whole entries in the order of the keys, undefined without an entry', async () => {
      const end = Math.ceil(Date.now() / 1000) + 5_000;
      const [ending, lasting] = [entry('sallyport:revoked:own:a', 'A', end), entry(MARK, '100', undefined)];
      for (const added of [ending, lasting]) await store.revocations.write(added);
      const found = await store.revocations.readEntries([MARK, 'sallyport:revoked:own:c', ending.key]);
      expect(found).toEqual([lasting, undefined, { ...ending, expiresAtSeconds: expect.closeTo(end, 0) }]);
      expect(await store.revocations.readEntries([])).toEqual([]);
    });

    describe('undo()', () => {
      const key = 'sallyport:revoked:own:a';
      const undone = (undoes: string) => ({ key, value: writeUndone({ undoes }), expiresAtSeconds: FAR });

      it('takes back only the existing value', async () => {
        await store.revocations.write(entry(key, 'A', undefined));
        expect(await store.revocations.undo('B', undone('B'))).toBe(false);
        expect(await readValues(store, [key])).toEqual(['A']);
        expect(await store.revocations.undo('A', undone('A'))).toBe(true);
        const [found] = await store.revocations.readEntries([key]);
        expect(found).toEqual({ ...undone('A'), expiresAtSeconds: expect.closeTo(FAR, 0) });
        expect(await store.revocations.undo('A', undone('A'))).toBe(false);
      });

      it('does nothing without an entry', async () => {
        expect(await store.revocations.undo('', undone(''))).toBe(false);
        expect(await readValues(store, [key])).toEqual([undefined]);
      });

      it('leaves an entry that the next write replaces, with its own expiry', async () => {
        await store.revocations.write(entry(key, 'A', undefined));
        await store.revocations.undo('A', undone('A'));
        const again = entry(key, 'after:20', FAR - 1_000);
        await store.revocations.write(again);
        const [found] = await store.revocations.readEntries([key]);
        expect(found).toEqual({ ...again, expiresAtSeconds: expect.closeTo(FAR - 1_000, 0) });
      });

      it('is not reverted by a rewrite of the same value, but by another value', async () => {
        await store.revocations.restore(entry(key, 'A', FAR));
        expect(await readValues(store, [key])).toEqual(['A']);
        expect(await store.revocations.undo('A', undone('A'))).toBe(true);
        await store.revocations.restore(entry(key, 'A', FAR));
        expect(await readValues(store, [key])).toEqual([undone('A').value]);
        await store.revocations.restore(entry(key, 'B', FAR));
        expect(await readValues(store, [key])).toEqual(['B']);
        await store.revocations.restore(entry(key, 'after:5', FAR));
        expect(await readValues(store, [key])).toEqual(['B']);
      });

      it.each([
        [key, 'A'],
        [key, 'after:20'],
        [MARK, '100'],
      ])('of %s cannot be imitated by a write() of its value from a copy, which leaves %s', async (at, value) => {
        const existing = entry(at, value, undefined);
        await store.revocations.write(existing);
        await store.revocations.write({ ...undone('100'), key: at });
        await store.revocations.restore({ ...undone('100'), key: at });
        expect(await store.revocations.readEntries([at])).toEqual([existing]);
      });

      it('lets a mark rise again to any second', async () => {
        await store.accounts.add(account('account-1', 'ada'));
        await store.revocations.write(entry(MARK, '4000000000', undefined));
        const value = writeUndone({ undoes: '4000000000' });
        expect(await store.revocations.undo('4000000000', { key: MARK, value, expiresAtSeconds: FAR })).toBe(true);
        await store.accounts.update('account-1', { disabled: true }, { mark: MARK });
        expect(Number((await readValues(store, [MARK]))[0])).toBeLessThan(4_000_000_000);
      });
    });

    it('keeps an entry that has just expired, because the clock may be ahead', async () => {
      const ended = entry('sallyport:revoked:own:a', 'A', Math.floor(Date.now() / 1000) - 3_600);
      await store.revocations.write(ended);
      expect(await readValues(store, [ended.key])).toEqual(['A']);
    });

    it('write() stores every one of many entries at once', async () => {
      const keys = Array.from({ length: 200 }, (_, index) => `sallyport:revoked:own:${index}`);
      await Promise.all(keys.map((key) => store.revocations.write(entry(key, key))));
      expect(await readValues(store, keys)).toEqual(keys);
    });
  });
}
