import { describe, expect, it } from 'vitest';
import { giveGuessBack, takeGuess } from './guess-budget.ts';

const LIMITS = { waitsMs: [0, 0, 10, 20], forgetAfterMs: 1_000 };

describe('takeGuess()', () => {
  it('sets the waits of the list in turn, and repeats the last one', () => {
    let budget: ReturnType<typeof takeGuess> | undefined;
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      if (budget !== undefined && 'waitMs' in budget) throw new Error('refused');
      const nowMs = budget?.nextAtMs ?? 100;
      budget = takeGuess(budget, LIMITS, nowMs);
      if ('nextAtMs' in budget) waits.push(budget.nextAtMs - nowMs);
    }
    expect(waits).toEqual([0, 0, 10, 20, 20, 20]);
  });

  it('refuses until the wait is over, and forgets failures after the configured time', () => {
    const existing = { failures: 4, nextAtMs: 120, lastAtMs: 100 };
    expect(takeGuess(existing, LIMITS, 119)).toEqual({ waitMs: 1 });
    expect(takeGuess(existing, LIMITS, 120)).toMatchObject({ failures: 5 });
    expect(takeGuess(existing, LIMITS, 1_099)).toMatchObject({ failures: 5 });
    expect(takeGuess(existing, LIMITS, 1_100)).toEqual({ failures: 1, nextAtMs: 1_100, lastAtMs: 1_100 });
  });

  it('limits the wait after the clock was set back', () => {
    expect(takeGuess({ failures: 4, nextAtMs: 130, lastAtMs: 110 }, LIMITS, 100)).toEqual({ waitMs: 20 });
    expect(takeGuess({ failures: 4, nextAtMs: 90_020, lastAtMs: 90_000 }, LIMITS, 100)).toMatchObject({ failures: 1 });
  });
});

describe('giveGuessBack()', () => {
  it('removes the last failure and its wait, until none is left', () => {
    const three = { failures: 3, nextAtMs: 110, lastAtMs: 100 };
    const two = giveGuessBack(three, LIMITS);
    expect(two).toEqual({ failures: 2, nextAtMs: 100, lastAtMs: 100 });
    expect(giveGuessBack({ failures: 1, nextAtMs: 100, lastAtMs: 100 }, LIMITS)).toBeUndefined();
  });
});
