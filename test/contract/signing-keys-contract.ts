import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { signingKey } from '../support/store/records.ts';

/** Our own signing keys. */
export function describeSigningKeys(open: () => Promise<Store>): void {
  describe('signing keys', () => {
    const [first, second, third] = [signingKey('key-1'), signingKey('key-2'), signingKey('key-3')];

    it('replace() adds, exchanges and removes keys in the given order', async () => {
      const { signingKeys } = await open();
      expect(await signingKeys.read('own')).toEqual({ revision: 0, keys: [] });
      for (const keys of [[first], [first, second], [third, { ...second, signsFromSeconds: 5 }], []]) {
        const { revision } = await signingKeys.read('own');
        expect(await signingKeys.replace('own', revision, keys)).toBe(true);
        const ring = await signingKeys.read('own');
        expect(ring.keys).toEqual(keys);
        expect(ring.revision).toBeGreaterThan(revision);
      }
    });

    it('replace() writes nothing if the keys have changed since they were read', async () => {
      const { signingKeys } = await open();
      await signingKeys.replace('own', 0, [first]);
      const ring = await signingKeys.read('own');
      for (const revision of [0, ring.revision - 1, ring.revision + 1]) {
        expect(await signingKeys.replace('own', revision, [second])).toBe(false);
      }
      expect(await signingKeys.read('own')).toEqual(ring);
    });

    it('replace() lets one of several calls at once succeed', async () => {
      const { signingKeys } = await open();
      for (const round of [1, 2, 3]) {
        const { revision, keys } = await signingKeys.read('own');
        const kids = ['a', 'b', 'c'].map((name) => `${name}-${round}`);
        const replaced = await Promise.all(
          kids.map((kid) => signingKeys.replace('own', revision, [...keys, signingKey(kid)])),
        );
        expect(replaced.filter(Boolean)).toHaveLength(1);
        expect((await signingKeys.read('own')).keys.map(({ kid }) => kid)).toEqual([
          ...keys.map(({ kid }) => kid),
          kids[replaced.indexOf(true)],
        ]);
      }
    });

    it('replace() leaves the keys of other issuers alone', async () => {
      const { signingKeys } = await open();
      expect(await signingKeys.replace('own', 0, [first])).toBe(true);
      expect(await signingKeys.replace('other', 0, [second])).toBe(true);
      expect((await signingKeys.read('own')).keys).toEqual([first]);
      expect((await signingKeys.read('other')).keys).toEqual([second]);
    });

    it('replace() keeps only the listed members of a key', async () => {
      const { signingKeys } = await open();
      const opened = { ...first, material: 'plain' };
      await signingKeys.replace('own', 0, [opened]);
      expect((await signingKeys.read('own')).keys).toEqual([first]);
    });
  });
}
