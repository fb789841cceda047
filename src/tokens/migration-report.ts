import type { Account } from '../accounts/account.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Config } from '../config/config.ts';
import { secondOf } from '../lib/time-format.ts';
import type { BasicUse, BasicUseStore } from '../verification/basic/basic-use.ts';
import { BASIC_USES_KEPT_DAYS, dayOf, startOfDay } from '../verification/basic/basic-use.ts';
import { everyToken } from './every-token.ts';
import type { TokenStore } from './token.ts';

/** The longest period of a report, in days: the store keeps no older counts. */
export const MAX_REPORTED_DAYS = BASIC_USES_KEPT_DAYS;

/** The progress of the migration from Basic to tokens. Times are in UTC, to the second; `null` means never or none. */
export interface MigrationReport {
  readonly basic: {
    /** The number of routes that accept Basic, or accepted it until the sunset. */
    readonly routes: number;
    readonly sunset: string | null;
    /** Whether the sunset has passed. */
    readonly ended: boolean;
  };
  readonly days: number;
  /** When the first of these days (UTC) began. */
  readonly since: string;
  /** The accounts that used Basic, busiest first; names without an account are last, as one entry. */
  readonly accounts: readonly BasicUser[];
  /** The number of accounts that did not use Basic. */
  readonly others: number;
}

export interface BasicUser {
  /** `null` for names without an account. */
  readonly id: string | null;
  /** `null` also for an account that was removed. */
  readonly name: string | null;
  /** May be before the reported days. Excludes login tokens, because they only manage other tokens. */
  readonly tokenLastUsed: string | null;
  readonly routes: readonly BasicRoute[];
}

export interface BasicRoute {
  /** `null` if no route matched. */
  readonly route: string | null;
  readonly passed: number;
  /** The number of denials by the `code` of the problem document. Under `shadow` these requests passed nevertheless. */
  readonly denied: Readonly<Record<string, number>>;
  readonly last: string;
}

export interface MigrationQuery {
  readonly config: Pick<Config, 'basic' | 'routes'>;
  readonly days: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/**
 * Reports which accounts used Basic on the last `days` days (UTC), today included, and whether they also use tokens.
 */
export async function reportMigration(
  store: { readonly accounts: AccountStore; readonly tokens: TokenStore; readonly basicUses: BasicUseStore },
  { config, days, nowMs }: MigrationQuery,
): Promise<MigrationReport> {
  const sinceSeconds = startOfDay(dayOf(nowMs / 1000) - (days - 1));
  const uses = await store.basicUses.read(sinceSeconds);
  const byAccount = Map.groupBy(uses, ({ accountId }) => accountId);
  const accounts = new Map((await store.accounts.list()).map((account) => [account.id, account]));
  const users: BasicUser[] = [];
  for (const [id, ofAccount] of byAccount) {
    users.push(await describeUser(store.tokens, id, accounts.get(id ?? ''), ofAccount));
  }
  const { sunsetMs } = config.basic;
  return {
    basic: {
      routes: config.routes.filter((route) => route.basic).length,
      sunset: Number.isFinite(sunsetMs) ? secondOf(sunsetMs / 1000) : null,
      ended: nowMs >= sunsetMs,
    },
    days,
    since: secondOf(sinceSeconds),
    accounts: users.toSorted((left, right) => byRank(rankOf, left, right) || byName(left.name, right.name)),
    others: [...accounts.keys()].filter((id) => !byAccount.has(id)).length,
  };
}

async function describeUser(
  tokens: TokenStore,
  id: string | undefined,
  account: Account | undefined,
  uses: readonly BasicUse[],
): Promise<BasicUser> {
  const routes = Array.from(
    Map.groupBy(uses, ({ route }) => route),
    ([route, ofRoute]) => describeRoute(route, ofRoute),
  );
  return {
    id: id ?? null,
    name: account?.name ?? null,
    tokenLastUsed: account === undefined ? null : await lastTokenUse(tokens, account.id),
    routes: routes.toSorted((left, right) => byRank(rankOfRoute, left, right) || byName(left.route, right.route)),
  };
}

function describeRoute(route: string, uses: readonly BasicUse[]): BasicRoute {
  const denied: Record<string, number> = {};
  let passed = 0;
  for (const { reason, count } of uses.toSorted((left, right) => right.count - left.count)) {
    if (reason === undefined) passed = count;
    else denied[reason] = count;
  }
  const lastAtSeconds = Math.max(...uses.map((use) => use.lastAtSeconds));
  return { route: route === '' ? null : route, passed, denied, last: secondOf(lastAtSeconds) };
}

async function lastTokenUse(tokens: TokenStore, accountId: string): Promise<string | null> {
  let lastAtSeconds = Number.NEGATIVE_INFINITY;
  for await (const { use, lastUsedAtSeconds = lastAtSeconds } of everyToken(tokens, accountId)) {
    if (use !== 'login') lastAtSeconds = Math.max(lastAtSeconds, lastUsedAtSeconds);
  }
  return Number.isFinite(lastAtSeconds) ? secondOf(lastAtSeconds) : null;
}

function byRank<Item>(rank: (item: Item) => number, left: Item, right: Item): number {
  return rank(right) - rank(left);
}

function byName(left: string | null, right: string | null): number {
  return (left ?? '').localeCompare(right ?? '', 'en');
}

function rankOf({ id, routes }: BasicUser): number {
  return id === null ? -1 : sum(routes.map(countOf));
}

function rankOfRoute(route: BasicRoute): number {
  return route.route === null ? -1 : countOf(route);
}

function countOf({ passed, denied }: BasicRoute): number {
  return passed + sum(Object.values(denied));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
