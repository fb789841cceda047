import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLOCK_FAULTS, stepOf, World } from '../../test/support/revocation/promise-world.ts';
import type { Verdict } from '../core/standing.ts';

const WEIGHTS = {
  revoke: 3,
  beat: 6,
  deliver: 6,
  breakOff: 2,
  rebuild: 3,
  ask: 6,
  read: 4,
  answer: 10,
  pass: 6,
  jump: 2,
  decide: 12,
};

/** The number of runs; `npm run test:faults` sets more. */
const RUNS = Number(process.env['PROMISE_RUNS'] ?? 1_000);

it.each(CLOCK_FAULTS)(
  'Standings keep the promise in any order of changes, heartbeats, answers, losses and evictions, when %s',
  async (clockFault) => {
    const verdicts: [Verdict, Verdict][] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf(WEIGHTS), { maxLength: 120, size: 'max' }), async (steps) => {
        const world = new World(clockFault);
        for (const { what, values } of steps) await world.play(what, values);
        verdicts.push(...world.verdicts);
        world.end();
      }),
      { numRuns: RUNS },
    );
    // Every verdict must occur, or the model proves nothing.
    for (const verdict of ['clear', 'revoked', 'unknown']) {
      expect(verdicts.filter(([strict]) => strict === verdict).length).toBeGreaterThan(50);
    }
    expect(verdicts.filter(([strict, lenient]) => strict === 'unknown' && lenient === 'clear').length).toBeGreaterThan(
      20,
    );
  },
);
