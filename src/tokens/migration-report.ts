import type { Account } from '../accounts/account.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Config } from '../config/config.ts';
import { secondOf } from '../lib/time-format.ts';
import type { BasicUse, BasicUseStore } from '../verification/basic/basic-use.ts';
import { BASIC_USES_KEPT_DAYS, dayOf, startOfDay } from '../verification/basic/basic-use.ts';
import { everyToken } from './every-token.ts';
import type { TokenStore } from './token.ts';

/** The store keeps no older counts. */
export const MAX_REPORTED_DAYS = BASIC_USES_KEPT_DAYS;

/** How far the migration from Basic to tokens is. Times are in UTC, to the second; `null` for what is not or never. */
export interface MigrationReport {
  readonly basic: {
    /** How many routes take it, or took it until the sunset. */
    readonly routes: number;
    readonly sunset: string | null;
    readonly ended: boolean;
  };
  readonly days: number;
  /** When the first of these days (UTC) began. */
  readonly since: string;
  /** Those that came with Basic, the busiest first and nobody last. */
  readonly accounts: readonly BasicUser[];
  /** How many accounts did not. */
  readonly others: number;
}

export interface BasicUser {
  /** `null` for names that are no account's. */
  readonly id: string | null;
  /** `null` also for an account that was removed. */
  readonly name: string | null;
  /** Maybe before these days. Tokens of a log-in do not count: with them one looks after the others. */
  readonly tokenLastUsed: string | null;
  readonly routes: readonly BasicRoute[];
}

export interface BasicRoute {
  /** `null` where no rule was met. */
  readonly route: string | null;
  readonly passed: number;
  /** How often it was denied, by the `code` of the answer; under `shadow` it passed nevertheless. */
  readonly denied: Readonly<Record<string, number>>;
  readonly last: string;
}

export interface MigrationQuestion {
  readonly config: Pick<Config, 'basic' | 'routes'>;
  readonly days: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

export async function reportMigration(
  store: { readonly accounts: AccountStore; readonly tokens: TokenStore; readonly basicUses: BasicUseStore },
  { config, days, nowMs }: MigrationQuestion,
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
