import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { EPOCH_PREFIX } from '../../src/revocation-set/revocation-store.ts';
import type { Store } from '../../src/store/store.ts';

/** The epochs, which reveal a lost set. */
export function describeEpochs(open: () => Promise<Store>): void {
  describe('epochs', () => {
    let store: Store;
    let keys: readonly string[];
    beforeEach(async () => {
      store = await open();
      keys = [...(await store.epochs.read()).keys()];
    });

    it('read() returns the parts of an empty store, which have no record', async () => {
      expect(keys.length).toBeGreaterThan(0);
      for (const [key, value] of await store.epochs.read()) {
        expect(key.startsWith(EPOCH_PREFIX)).toBe(true);
        expect(value).toBeUndefined();
      }
    });

    it('swap() writes only if the record is the expected one', async () => {
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

    it('swap() lets one of several calls at once succeed', async () => {
      const [key = ''] = keys;
      const won = await Promise.all(['A', 'B', 'C'].map((value) => store.epochs.swap(key, undefined, value)));
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    it('a read of the revocation set returns the records of the parts that it read', async () => {
      const key = 'sallyport:revoked:own:a';
      const vouching = async () => (await store.revocations.read([key])).epochs;
      const [[part] = [''], ...more] = await vouching();
      expect(keys).toContain(part);
      expect(more).toEqual([]);
      for (const epoch of ['A', 'B']) {
        await store.epochs.swap(part, (await store.epochs.read()).get(part), epoch);
        expect(await vouching()).toEqual([[part, epoch]]);
      }
    });

    it('a read without keys returns no record', async () => {
      expect(await store.revocations.read([])).toEqual({ values: [], epochs: [] });
    });

    it('a read returns the records as they are after its values, so a set that is lost before is noticed', async () => {
      const swapAll = async (epoch: string) => {
        for (const [part, found] of await store.epochs.read()) await store.epochs.swap(part, found, epoch);
      };
      for (const epoch of ['1', '2', '3']) {
        const key = `sallyport:revoked:own:${epoch}`;
        let isWritten = false;
        const changed = swapAll(epoch)
          .then(() => store.revocations.write({ key, value: 'A', expiresAtSeconds: undefined }))
          .then(() => (isWritten = true));
        // A read that returns the value follows the swap, so an older record would have been read too early.
        while (!isWritten) {
          // A store that reads synchronously would otherwise never let the write finish.
          await setImmediate();
          const { values, epochs } = await store.revocations.read([key]);
          if (values[0] !== undefined) expect(epochs.map(([, found]) => found)).toEqual([epoch]);
        }
        await changed;
      }
    });
  });
}
