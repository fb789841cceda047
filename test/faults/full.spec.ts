import { afterAll, describe } from 'vitest';
import { FAILOVERS, PLANNED_FAILOVERS } from './failovers.ts';
import { FAULTS, KNOWN_PASSES, LOSSES } from './faults.ts';
import { KEPT_BRIEFLY, KEPT_ON_REDIS, KEPT_ON_SQLITE } from './kept-faults.ts';
import { SentinelRedis } from './sentinel-redis.ts';
import { SqliteFile } from './sqlite-file.ts';
import { KEPT_LOAD, printTrials, testFaults } from './trials.ts';
import { SingleRedis } from './truth.ts';
import { MAX_STALENESS_MS } from './world.ts';

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

describe('answers that Envoy keeps', () => {
  // Several workers, each of which keeps answers of its own.
  const whole = { load: KEPT_LOAD, keeping: { keepMs: MAX_STALENESS_MS, workers: 2 } };
  const brief = { load: KEPT_LOAD, keeping: { keepMs: 700, workers: 1 } };
  describe('one Redis', () => testFaults(KEPT_ON_REDIS, { ...whole, start: SingleRedis.start }));
  describe('one Redis, keep: 700ms', () => testFaults(KEPT_BRIEFLY, { ...brief, start: SingleRedis.start }));
  describe('one SQLite file', () => {
    testFaults(KEPT_ON_SQLITE, { ...whole, start: () => Promise.resolve(new SqliteFile()) });
  });
});
