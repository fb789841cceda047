import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { entry, MARK } from './records.ts';

/** The revocation set. */
export function describeRevocations(open: () => Promise<Store>): void {
  describe('revocations', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('read() answers in the order of the keys, undefined where there is no entry', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A'));
      await store.revocations.write(entry('sallyport:revoked:own:b', ''));
      const keys = ['sallyport:revoked:own:b', 'sallyport:revoked:own:c', 'sallyport:revoked:own:a'];
      expect(await store.revocations.read(keys)).toEqual(['', undefined, 'A']);
      expect(await store.revocations.read([])).toEqual([]);
    });

    it('write() takes an expiry with a fraction, or none', async () => {
      await store.revocations.write(entry('sallyport:revoked:own:a', 'A', 4_000_000_000.5));
      await store.revocations.write(entry('sallyport:revoked:own:b', 'B', undefined));
      expect(await store.revocations.read(['sallyport:revoked:own:a', 'sallyport:revoked:own:b'])).toEqual(['A', 'B']);
    });

    it.each([
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', '{"at":2}'], stands: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', '{"at":2}'], stands: '{"at":2}' },
      { key: 'sallyport:revoked:own:a', values: ['{"at":1}', 'after:20'], stands: '{"at":1}' },
      { key: 'sallyport:revoked:own:a', values: ['after:20', 'after:10'], stands: 'after:20' },
      { key: MARK, values: ['100', '200'], stands: '200' },
      { key: MARK, values: ['200', '100'], stands: '200' },
      { key: 'sallyport:notbefore-issuer:own', values: ['1000', '999', '1001'], stands: '1001' },
    ])('write() of $values leaves $stands', async ({ key, values, stands }) => {
      for (const value of values) await store.revocations.write(entry(key, value));
      expect(await store.revocations.read([key])).toEqual([stands]);
    });

    it('readEntries() answers in the order of the keys, each whole, undefined where there is no entry', async () => {
      const end = Math.ceil(Date.now() / 1000) + 5_000;
      const [ending, lasting] = [entry('sallyport:revoked:own:a', 'A', end), entry(MARK, '100', undefined)];
      for (const added of [ending, lasting]) await store.revocations.write(added);
      const found = await store.revocations.readEntries([MARK, 'sallyport:revoked:own:c', ending.key]);
      expect(found).toEqual([lasting, undefined, { ...ending, expiresAtSeconds: expect.closeTo(end, 0) }]);
      expect(await store.revocations.readEntries([])).toEqual([]);
    });

    it('write() keeps every one of many at once', async () => {
      const keys = Array.from({ length: 200 }, (_, index) => `sallyport:revoked:own:${index}`);
      await Promise.all(keys.map((key) => store.revocations.write(entry(key, key))));
      expect(await store.revocations.read(keys)).toEqual(keys);
    });
  });
}
