import { dayOf, mergeUses, startOfDay } from '../basic-use.ts';
import type { BasicUse, BasicUseStore } from '../store.ts';
import { BASIC_USES_KEPT_DAYS } from '../store.ts';
import type { Asks } from './asks.ts';
import { basicUsesKey } from './layout.ts';
import { nameBasicUse, toBasicUse } from './records.ts';

/** Counts of Basic on routes in Redis, a hash for each day. Not worth a replica's word. */
export class RedisBasicUses implements BasicUseStore {
  private readonly writes: Asks;

  constructor(writes: Asks) {
    this.writes = writes;
  }

  async add(uses: readonly BasicUse[]): Promise<void> {
    const days = Map.groupBy(uses, ({ lastAtSeconds }) => dayOf(lastAtSeconds));
    for (const [day, ofDay] of days) await this.addTo(day, ofDay);
  }

  /** No decision waits for it, so it may take as long as a write. */
  async read(sinceSeconds: number): Promise<readonly BasicUse[]> {
    const today = dayOf(Date.now() / 1000);
    // Clocks of instances may be ahead of this one.
    const first = Math.max(dayOf(sinceSeconds), today - BASIC_USES_KEPT_DAYS);
    const days = Array.from({ length: today + 2 - first }, (_, index) => first + index);
    return mergeUses((await Promise.all(days.map((day) => this.readDay(day)))).flat());
  }

  private async addTo(day: number, uses: readonly BasicUse[]): Promise<void> {
    const key = basicUsesKey(day);
    const goesAt = startOfDay(day + 1 + BASIC_USES_KEPT_DAYS);
    const counts = uses.flatMap((use) => [nameBasicUse(use), use.count, Math.floor(use.lastAtSeconds)]);
    await this.writes.ask((client) => client.sallyportAddBasicUses(key, goesAt, ...counts), key);
  }

  private async readDay(day: number): Promise<readonly BasicUse[]> {
    const key = basicUsesKey(day);
    const fields = await this.writes.ask((client) => client.hgetall(key), key);
    return Object.entries(fields).map(([name, sum]) => toBasicUse(name, sum));
  }
}
