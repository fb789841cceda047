import type { BasicUse } from '../../store/store.ts';

const DAY_SECONDS = 86_400;

/** The day (UTC) of a Unix second, counted from 1970-01-01. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS);
}

/** The Unix second at which a day begins. */
export function startOfDay(day: number): number {
  return day * DAY_SECONDS;
}

/** One for each account, route and reason. */
export function mergeUses(uses: Iterable<BasicUse>): readonly BasicUse[] {
  const merged = new Map<string, BasicUse>();
  for (const use of uses) {
    const name = JSON.stringify([use.accountId, use.route, use.reason]);
    const { count, lastAtSeconds } = merged.get(name) ?? { count: 0, lastAtSeconds: 0 };
    merged.set(name, {
      ...use,
      count: count + use.count,
      lastAtSeconds: Math.max(lastAtSeconds, use.lastAtSeconds),
    });
  }
  return [...merged.values()];
}
