import { afterAll, describe } from 'vitest';
import { KEPT_BRIEFLY, KEPT_ON_REDIS, KEPT_ON_SQLITE } from './kept-faults.ts';
import { SqliteFile } from './sqlite-file.ts';
import { KEPT_LOAD, printTrials, testFaults } from './trials.ts';
import { SingleRedis } from './truth.ts';
import { MAX_STALENESS_MS } from './world.ts';

/** Several workers, each of which keeps answers of its own. */
const WHOLE_BUDGET = { keepMs: MAX_STALENESS_MS, workers: 2 };

afterAll(printTrials);

describe('answers kept for the whole of maxStaleness, one Redis', () => {
  testFaults(KEPT_ON_REDIS, { start: SingleRedis.start, load: KEPT_LOAD, keeping: WHOLE_BUDGET });
});

describe('answers kept for 700 ms, one Redis', () => {
  testFaults(KEPT_BRIEFLY, { start: SingleRedis.start, load: KEPT_LOAD, keeping: { keepMs: 700, workers: 1 } });
});

describe('answers kept for the whole of maxStaleness, one SQLite file', () => {
  const start = (): Promise<SqliteFile> => Promise.resolve(new SqliteFile());
  testFaults(KEPT_ON_SQLITE, { start, load: KEPT_LOAD, keeping: WHOLE_BUDGET });
});
