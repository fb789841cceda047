import { afterAll } from 'vitest';
import { QUICK } from './faults.ts';
import { printTrials, testFaults } from './trials.ts';
import { SingleRedis } from './truth.ts';

afterAll(printTrials);

testFaults(QUICK, { start: SingleRedis.start, load: { revocationsPerSecond: 10, checksPerSecond: 50 } });
