import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';

const MINUTE_MS = 60_000;

/** DPoP proofs that were used. */
export function describeUsedProofs(open: () => Promise<Store>): void {
  describe('used proofs', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('use() accepts a proof once', async () => {
      expect(await store.usedProofs.use('proof-1', MINUTE_MS)).toBe(true);
      expect(await store.usedProofs.use('proof-1', MINUTE_MS)).toBe(false);
      expect(await store.usedProofs.use('proof-2', MINUTE_MS)).toBe(true);
    });

    it('use() accepts a proof of one of several callers at once', async () => {
      const used = await Promise.all(Array.from({ length: 20 }, () => store.usedProofs.use('proof-1', MINUTE_MS)));
      expect(used.filter(Boolean)).toHaveLength(1);
    });

    it('use() forgets a mark when its time is over, and no use of it prolongs that', async () => {
      expect(await store.usedProofs.use('proof-1', 1)).toBe(true);
      // At least this long, by whichever clock the store has.
      await delay(50);
      expect(await store.usedProofs.use('proof-1', MINUTE_MS)).toBe(true);
      expect(await store.usedProofs.use('proof-1', 1)).toBe(false);
      await delay(50);
      expect(await store.usedProofs.use('proof-1', 1)).toBe(false);
    });
  });
}
