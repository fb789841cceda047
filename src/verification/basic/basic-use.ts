const DAY_SECONDS = 86_400;

/** How often a route received Basic credentials of one account, with one result. */
export interface BasicUse {
  /** `undefined` if no account has the name that was presented. */
  readonly accountId: string | undefined;
  /** The rule's methods, hosts and pattern, never a path; empty if no rule matched. */
  readonly route: string;
  /** The `code` of the denial; `undefined` if the request passed. */
  readonly reason: string | undefined;
  readonly count: number;
  /** Unix seconds. */
  readonly lastAtSeconds: number;
}

/** For how many days uses of Basic are kept, from the day (UTC) of the last one. */
export const BASIC_USES_KEPT_DAYS = 90;

/** Counts the uses of Basic, to show the progress of a migration. No decision reads them; a copy leaves them out. */
export interface BasicUseStore {
  /** Adds to the counts of the same days, and keeps the latest time. If it rejects, some of them may have been counted. */
  add(uses: readonly BasicUse[]): Promise<void>;
  /** The sums from the day (UTC) of `sinceSeconds` on, one for each account, route and reason, in no order. */
  read(sinceSeconds: number): Promise<readonly BasicUse[]>;
}

/** The day (UTC) of a Unix second, counted from 1970-01-01. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS);
}

/** The Unix second at which a day begins. */
export function startOfDay(day: number): number {
  return day * DAY_SECONDS;
}

/** Sums up uses: one for each account, route and reason. */
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
