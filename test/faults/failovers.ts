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
 * The primary that was goes on for a second, and so does the replica that still follows it: what that one confirms is
 * lost, but for what the instances know and write again.
 */
const plannedWithOne: Fault<SentinelRedis> = {
  ...planned,
  name: 'the same, `minReplicas: 1` (best effort)',
  isBestEffort: true,
};

/** For `minReplicas: 2`, where nobody confirms what only replicas hold that are left behind. */
export const PLANNED_FAILOVERS = [planned];

/** For `minReplicas: 1`. */
export const FAILOVERS = [plannedWithOne, primaryFrozen, primaryKilled];
