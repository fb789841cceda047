const DAY_SECONDS = 86_400;

/** How often Basic credentials came to one route in one way. */
export interface BasicUse {
  /** `undefined` where no account goes by the name that was presented. */
  readonly accountId: string | undefined;
  /** The rule's methods, hosts and pattern, never a path; empty where no rule was met. */
  readonly route: string;
  /** Why the request was denied, as its `code` says; `undefined` where it passed. */
  readonly reason: string | undefined;
  readonly count: number;
  /** Unix seconds. */
  readonly lastAtSeconds: number;
}

/** How long uses of Basic are remembered, by the day (UTC) of their last time. */
export const BASIC_USES_KEPT_DAYS = 90;

/** How the migration from Basic goes. Figures for people: no decision asks for them, and a copy of a store leaves them out. */
export interface BasicUseStore {
  /** Adds to what was counted on the same days, and of the times the latest stands. Where it rejects, some may be counted. */
  add(uses: readonly BasicUse[]): Promise<void>;
  /** What was counted from the day (UTC) of `sinceSeconds` on, one for each account, route and reason; in no order. */
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
