import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { tableOf } from './report.ts';
import { type Load, type Trial, tryFault } from './trial.ts';
import type { Truth } from './truth.ts';
import { type FaultWorld, type Keeping, startFaultWorld } from './world.ts';

/** The deployment that faults are tried on. */
export interface Setting<Set extends Truth> {
  readonly start: () => Promise<Set>;
  /** `revocation.onOutage`; `deny` by default. */
  readonly onOutage?: unknown;
  readonly load: Load;
  /** How long answers are kept, and by how many workers of each Envoy; absent: none is. */
  readonly keeping?: Keeping;
}

/** Tokens that come again often enough to pass by kept answers. */
export const KEPT_LOAD: Load = { revocationsPerSecond: 2, checksPerSecond: 100 };

/** The trials of this file so far. */
const trials: Trial[] = [];

/** Tries each fault in its own test, all in one world. */
export function testFaults<Set extends Truth>(faults: readonly Fault<Set>[], setting: Setting<Set>): void {
  const { start, onOutage = 'deny', load, keeping } = setting;
  let world: FaultWorld<Set>;

  beforeAll(async () => {
    world = await startFaultWorld(await start(), onOutage, keeping);
  });

  afterAll(async () => await world.close());

  it.each(faults)('$name: no revocation is lost or late, and nothing else is denied', async (fault) => {
    const trial = await tryFault(world, fault, load);
    trials.push(trial);
    expectKept(fault.isBestEffort === true ? { ...trial, lost: [], passedLate: [] } : trial);
    if (fault.mayGoUnnoticed !== true) expect(trial.noticeMs).toBeLessThan(Infinity);
    if (keeping !== undefined) expect(trial.keptPasses).toBeGreaterThan(0);
  });
}

/** Prints the table of all trials, and that of the ones in which answers were kept. */
export function printTrials(): void {
  const [kept, asked] = [true, false].map((isKeeping) => trials.filter((one) => one.keptPasses > 0 === isKeeping));
  for (const some of [asked, kept]) if (some !== undefined) process.stdout.write(`\n${tableOf(some)}\n`);
}

/** Fails if the promise was broken, or was not tested at all. */
function expectKept(trial: Trial): void {
  const { lost, passedLate, wronglyDenied, said } = trial;
  expect({ lost, passedLate, wronglyDenied }, said.join('\n')).toEqual({ lost: [], passedLate: [], wronglyDenied: [] });
  expect(trial.recoverMs).toBeLessThan(Infinity);
  expect(Math.min(trial.acknowledged.api, trial.acknowledged.hand, trial.tried)).toBeGreaterThan(0);
}
