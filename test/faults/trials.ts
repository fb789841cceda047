import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { tableOf } from './report.ts';
import { type Load, type Trial, tryFault } from './trial.ts';
import type { Truth } from './truth.ts';
import { type FaultWorld, startFaultWorld } from './world.ts';

/** The deployment that faults are tried on. */
export interface Setting<Set extends Truth> {
  readonly start: () => Promise<Set>;
  /** `revocation.onOutage`; `deny` by default. */
  readonly onOutage?: unknown;
  readonly load: Load;
}

/** The trials of this file so far. */
const trials: Trial[] = [];

/** Tries each fault in its own test, all in one world. */
export function testFaults<Set extends Truth>(faults: readonly Fault<Set>[], setting: Setting<Set>): void {
  const { start, onOutage = 'deny', load } = setting;
  let world: FaultWorld<Set>;

  beforeAll(async () => {
    world = await startFaultWorld(await start(), onOutage);
  });

  afterAll(async () => await world.close());

  it.each(faults)('$name: no revocation is lost or late, and nothing else is denied', async (fault) => {
    const trial = await tryFault(world, fault, load);
    trials.push(trial);
    expectKept(fault.isBestEffort === true ? { ...trial, lost: [], passedLate: [] } : trial);
  });
}

/** Prints the table of all trials. */
export function printTrials(): void {
  process.stdout.write(`\n${tableOf(trials)}\n`);
}

/** Fails if the promise was broken, or was not tested at all. */
function expectKept(trial: Trial): void {
  const { lost, passedLate, wronglyDenied, said } = trial;
  expect({ lost, passedLate, wronglyDenied }, said.join('\n')).toEqual({ lost: [], passedLate: [], wronglyDenied: [] });
  expect(trial.recoverMs).toBeLessThan(Infinity);
  expect(trial.noticeMs).toBeLessThan(Infinity);
  expect(Math.min(trial.acknowledged.api, trial.acknowledged.hand, trial.tried)).toBeGreaterThan(0);
}
