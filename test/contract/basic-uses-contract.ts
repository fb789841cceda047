import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { BASIC_USES_KEPT_DAYS, type BasicUse } from '../../src/verification/basic/basic-use.ts';

const DAY_SECONDS = 86_400;

/** Counts of Basic on routes. */
export function describeBasicUses(open: () => Promise<Store>): void {
  describe('uses of Basic', () => {
    let store: Store;
    let nowSeconds: number;
    beforeEach(async () => {
      store = await open();
      nowSeconds = Math.floor(Date.now() / 1000);
    });

    const use = (more: Partial<BasicUse> = {}): BasicUse => ({
      accountId: 'account-1',
      route: 'GET /x/{id}',
      reason: undefined,
      count: 1,
      lastAtSeconds: nowSeconds,
      ...more,
    });

    it('read() returns nothing if nothing was added', async () => {
      await store.basicUses.add([]);
      expect(await store.basicUses.read(0)).toEqual([]);
    });

    it('add() adds to the counts by account, route and reason, and keeps the latest time', async () => {
      await store.basicUses.add([use({ count: 3 }), use({ reason: 'scope_required', count: 2 }), use({ count: 4 })]);
      await store.basicUses.add([
        use({ count: 5, lastAtSeconds: nowSeconds - 60 }),
        use({ accountId: undefined, route: '', reason: 'route_denied' }),
        use({ route: '* a.example.com,*.b.example.com/**', lastAtSeconds: nowSeconds + 60 }),
      ]);
      expect(new Set(await store.basicUses.read(nowSeconds - 60))).toEqual(
        new Set([
          use({ count: 12 }),
          use({ reason: 'scope_required', count: 2 }),
          use({ accountId: undefined, route: '', reason: 'route_denied' }),
          use({ route: '* a.example.com,*.b.example.com/**', lastAtSeconds: nowSeconds + 60 }),
        ]),
      );
    });

    it('add() loses no count of several calls at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => store.basicUses.add([use(), use({ count: 2 })])));
      expect(await store.basicUses.read(nowSeconds)).toEqual([use({ count: 60 })]);
    });

    it('add() stores the counts of many accounts in time', async () => {
      const uses = Array.from({ length: 20_000 }, (_, index) => use({ accountId: `account-${index}` }));
      for (let first = 0; first < uses.length; first += 500) await store.basicUses.add(uses.slice(first, first + 500));
      expect(await store.basicUses.read(nowSeconds)).toHaveLength(uses.length);
    });

    it('read() sums whole days (UTC), from that of the given time on', async () => {
      const day = Math.floor(nowSeconds / DAY_SECONDS) * DAY_SECONDS;
      await store.basicUses.add([
        use({ lastAtSeconds: day - 2 * DAY_SECONDS - 1, count: 100 }),
        use({ lastAtSeconds: day - 2 * DAY_SECONDS, count: 10 }),
        use({ lastAtSeconds: day - 1 }),
      ]);
      const since = async (atSeconds: number) => (await store.basicUses.read(atSeconds)).map(({ count }) => count);
      expect(await since(day)).toEqual([]);
      expect(await since(day - 1)).toEqual([1]);
      expect(await since(day - DAY_SECONDS - 1)).toEqual([11]);
      expect(await since(day - 2 * DAY_SECONDS - 1)).toEqual([111]);
    });

    it('read() returns everything that is kept, however early the given time', async () => {
      const oldest = use({ lastAtSeconds: nowSeconds - (BASIC_USES_KEPT_DAYS - 1) * DAY_SECONDS });
      await store.basicUses.add([oldest]);
      expect(await store.basicUses.read(0)).toEqual([oldest]);
    });
  });
}
