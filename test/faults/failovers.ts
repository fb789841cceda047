import { BOTH, type Fault } from './fault.ts';
import type { SentinelRedis } from './sentinel-redis.ts';

/** Longer than the Sentinels take to name another primary. */
const LASTS_MS = 4_000;

const primaryFrozen: Fault<SentinelRedis> = {
  name: 'failover: the primary stopped by SIGSTOP, and back as one',
  darkness: BOTH,
  lastsMs: LASTS_MS,
  strike: async ({ truth: { group } }) => {
    const primary = await group.primary();
    primary.freeze();
    return () => primary.thaw();
  },
};

const primaryKilled: Fault<SentinelRedis> = {
  name: 'failover: the primary killed',
  darkness: BOTH,
  lastsMs: LASTS_MS,
  strike: async ({ truth: { group } }) => {
    const primary = await group.primary();
    await primary.kill9();
    return () => group.untilMoved(primary);
  },
};

const planned: Fault<SentinelRedis> = {
  name: 'failover: an operator asks for it, `minReplicas: 2`',
  darkness: BOTH,
  lastsMs: 0,
  strike: async ({ truth: { group } }) => {
    await group.failover();
    return () => undefined;
  },
};

/**
 * The old primary continues for a second, with a replica that still follows it. What that replica confirms is lost
 * unless the instances know it and rewrite it.
 */
const plannedWithOne: Fault<SentinelRedis> = {
  ...planned,
  name: 'the same, `minReplicas: 1` (best effort)',
  isBestEffort: true,
};

/** For `minReplicas: 2`, under which no write is confirmed that only replicas of the old primary hold. */
export const PLANNED_FAILOVERS = [planned];

/** For `minReplicas: 1`. */
export const FAILOVERS = [plannedWithOne, primaryFrozen, primaryKilled];
