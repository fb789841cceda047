import type { RedisReader } from '../../redis/redis-client.ts';
import type { BasicUse, BasicUseStore } from '../../verification/basic/basic-use.ts';
import { BASIC_USES_KEPT_DAYS, dayOf, mergeUses, startOfDay } from '../../verification/basic/basic-use.ts';
import { basicUsesKey } from './layout.ts';
import { nameBasicUse, toBasicUse } from './records.ts';
import { toScanned } from './replies.ts';

/** How many counts Redis looks at in one turn, so that other clients do not wait long. */
const LOOKED_AT = 500;

/** Counts of Basic on routes in Redis, a hash for each day. Writes wait for no replica. */
export class RedisBasicUses implements BasicUseStore {
  private readonly writes: RedisReader;

  constructor(writes: RedisReader) {
    this.writes = writes;
  }

  async add(uses: readonly BasicUse[]): Promise<void> {
    const days = Map.groupBy(uses, ({ lastAtSeconds }) => dayOf(lastAtSeconds));
    for (const [day, ofDay] of days) await this.addTo(day, ofDay);
  }

  /** May take as long as a write, since no decision waits for it. */
  async read(sinceSeconds: number): Promise<readonly BasicUse[]> {
    const today = dayOf(Date.now() / 1000);
    // The clocks of other instances may be ahead of this one.
    const first = Math.max(dayOf(sinceSeconds), today - BASIC_USES_KEPT_DAYS);
    const days = Array.from({ length: today + 2 - first }, (_, index) => first + index);
    return mergeUses((await Promise.all(days.map((day) => this.readDay(day)))).flat());
  }

  private async addTo(day: number, uses: readonly BasicUse[]): Promise<void> {
    const goesAt = startOfDay(day + 1 + BASIC_USES_KEPT_DAYS);
    const counts = uses.flatMap((use) => [nameBasicUse(use), use.count, Math.floor(use.lastAtSeconds)]);
    await this.writes.ask({ script: 'basic-uses/add', keys: [basicUsesKey(day)], args: [goesAt, ...counts] });
  }

  private async readDay(day: number): Promise<readonly BasicUse[]> {
    const key = basicUsesKey(day);
    // A count that is found twice is the same, or newer.
    const uses = new Map<string, BasicUse>();
    let cursor = '0';
    do {
      const [next, found] = toScanned(await this.writes.ask(['hscan', key, cursor, 'COUNT', LOOKED_AT]));
      for (const [name, sum] of found) uses.set(name, toBasicUse(name, sum));
      cursor = next;
    } while (cursor !== '0');
    return [...uses.values()];
  }
}
