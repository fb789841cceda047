import { describe, expect, it } from 'vitest';
import { WallTimes } from './wall-times.ts';

/** The true Unix time at the start of the monotonic clock. */
const ORIGIN_MS = 1_800_000_000_000.25;

/** Wall times on a clock of which each reading takes as long as the test says. */
function wallTimes(guessMs: number) {
  const state = { nowMs: 100, setMs: 0, wallTakesMs: 0 };
  const clock = {
    monotonicMs: () => state.nowMs,
    wallMs: () => {
      const reading = Math.floor(ORIGIN_MS + state.nowMs + state.setMs);
      state.nowMs += state.wallTakesMs;
      return reading;
    },
  };
  return { state, times: new WallTimes(clock, guessMs) };
}

describe('WallTimes', () => {
  it('keeps a guess that the wall clock agrees with', () => {
    const { state, times } = wallTimes(ORIGIN_MS);
    for (let step = 0; step < 100; step++) {
      state.nowMs += 0.37;
      expect(times.offset()).toBe(ORIGIN_MS);
    }
  });

  it.each([-5_000, -0.9, 0.9, 5_000])('corrects a guess that is %d ms off to within a millisecond', (off) => {
    const { times } = wallTimes(ORIGIN_MS + off);
    expect(Math.abs(times.offset() - ORIGIN_MS)).toBeLessThan(1);
  });

  it('does not move if the process loses the CPU between two readings', () => {
    const { state, times } = wallTimes(ORIGIN_MS);
    state.wallTakesMs = 40;
    expect(times.offset()).toBe(ORIGIN_MS);
    state.wallTakesMs = 0;
    expect(times.offset()).toBe(ORIGIN_MS);
  });

  it.each([3_600_000, -3_600_000])('follows a wall clock that is set by %d ms', (setMs) => {
    const { state, times } = wallTimes(ORIGIN_MS);
    state.setMs = setMs;
    expect(Math.abs(times.offset() - ORIGIN_MS - setMs)).toBeLessThan(1);
  });
});
