import { afterAll, describe } from 'vitest';
import { QUICK } from './faults.ts';
import { KEPT_QUICK } from './kept-faults.ts';
import { KEPT_LOAD, printTrials, testFaults } from './trials.ts';
import { SingleRedis } from './truth.ts';
import { MAX_STALENESS_MS } from './world.ts';

const { start } = SingleRedis;

afterAll(printTrials);

describe('one Redis', () => testFaults(QUICK, { start, load: { revocationsPerSecond: 10, checksPerSecond: 50 } }));

describe('answers kept for the whole of maxStaleness', () => {
  testFaults(KEPT_QUICK, { start, load: KEPT_LOAD, keeping: { keepMs: MAX_STALENESS_MS, workers: 2 } });
});
