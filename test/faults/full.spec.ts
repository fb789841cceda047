import { afterAll, describe } from 'vitest';
import { FAILOVERS, PLANNED_FAILOVERS } from './failovers.ts';
import { FAULTS, KNOWN_PASSES, LOSSES } from './faults.ts';
import { SentinelRedis } from './sentinel-redis.ts';
import { printTrials, testFaults } from './trials.ts';
import { SingleRedis } from './truth.ts';

const LOAD = { revocationsPerSecond: 20, checksPerSecond: 100 };
const ONE_REDIS = { start: SingleRedis.start, load: LOAD };

afterAll(printTrials);

describe('one Redis', () => testFaults(FAULTS, ONE_REDIS));

describe('one Redis that loses its data', () => {
  for (const loss of LOSSES) describe(loss.name, () => testFaults([loss], ONE_REDIS));
});

describe('one Redis with allowKnownFor', () => {
  testFaults([KNOWN_PASSES], { ...ONE_REDIS, onOutage: { allowKnownFor: '30s' } });
});

describe('Redis with Sentinels', () => {
  describe('minReplicas: 2', () => testFaults(PLANNED_FAILOVERS, { start: () => SentinelRedis.start(2), load: LOAD }));
  describe('minReplicas: 1', () => testFaults(FAILOVERS, { start: () => SentinelRedis.start(1), load: LOAD }));
});
