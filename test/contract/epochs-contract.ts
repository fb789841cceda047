import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/ports.ts';
import { EPOCH_PREFIX } from '../../src/revocation-set/revocation-store.ts';
import type { Store } from '../../src/store/store.ts';

/** The epochs, by which a lost set is noticed. */
export function describeEpochs(open: () => Promise<Store>): void {
  describe('epochs', () => {
    let store: Store;
    let keys: readonly string[];
    beforeEach(async () => {
      store = await open();
      keys = [...(await store.epochs.read()).keys()];
    });

    it('read() knows the parts of an empty store, which have no record', async () => {
      expect(keys.length).toBeGreaterThan(0);
      for (const [key, value] of await store.epochs.read()) {
        expect(key.startsWith(EPOCH_PREFIX)).toBe(true);
        expect(value).toBeUndefined();
      }
    });

    it('swap() writes where the record is the one that was expected, and nothing else', async () => {
      for (const key of keys) {
        expect(await store.epochs.swap(key, '', 'A')).toBe(false);
        expect(await store.epochs.swap(key, undefined, 'A')).toBe(true);
        expect(await store.epochs.swap(key, undefined, 'B')).toBe(false);
        expect(await store.epochs.swap(key, 'B', 'C')).toBe(false);
        expect((await store.epochs.read()).get(key)).toBe('A');
        expect(await store.epochs.swap(key, 'A', 'B')).toBe(true);
        expect((await store.epochs.read()).get(key)).toBe('B');
      }
    });

    it('swap() lets one of several at once win', async () => {
      const [key = ''] = keys;
      const won = await Promise.all(['A', 'B', 'C'].map((value) => store.epochs.swap(key, undefined, value)));
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('guard() is shown the records with each read, and read() rejects with what it throws', async () => {
      const key = 'sallyport:revoked:own:a';
      await Promise.all(keys.map((part) => store.epochs.swap(part, undefined, 'A')));
      const refusal = new StoreError('not this one');
      const shown = new Map<string, string | undefined>();
      store.epochs.guard((reading) => {
        for (const [part, value] of reading) shown.set(part, value);
        if ([...reading.values()].includes('B')) throw refusal;
      });
      expect(await store.revocations.read([key])).toEqual([undefined]);
      const [part = ''] = shown.keys();
      expect(keys).toContain(part);
      expect(shown.get(part)).toBe('A');
      await store.epochs.swap(part, 'A', 'B');
      await expect(store.revocations.read([key])).rejects.toBe(refusal);
      expect(await store.revocations.readEntries([key])).toEqual([undefined]);
    });
  });
}
