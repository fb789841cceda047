import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backOff, backOffMs, lastingBackOffMs } from './back-off.ts';

it('backOffMs() grows to two seconds, with half of it left to chance', () => {
  expect([0, 1, 5, 6, 1_000_000].map((attempts) => backOffMs(attempts, () => 0))).toEqual([50, 100, 1600, 2000, 2000]);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, chance) => {
      const [least, most] = [backOffMs(attempts, () => 1), backOffMs(attempts, () => 0)];
      expect(backOffMs(attempts, () => chance)).toBeGreaterThanOrEqual(least);
      expect(backOffMs(attempts, () => chance)).toBeLessThanOrEqual(most);
      expect(least).toBe(most / 2);
    }),
  );
});

it('lastingBackOffMs() grows to a minute', () => {
  expect([0, 1, 4, 5, 1_000_000].map((attempts) => lastingBackOffMs(attempts, () => 0))).toEqual([
    2_000, 4_000, 32_000, 60_000, 60_000,
  ]);
  expect(lastingBackOffMs(0, () => 1)).toBe(1_000);
});

it('backOff() doubles up to the longest wait, less the jitter', () => {
  const limits = { firstMs: 1_000, longestMs: 10_000, jitter: 0.25 };
  expect([0, 1, 3, 4, 2_000].map((failures) => backOff(limits, failures, () => 0))).toEqual([
    1_000, 2_000, 8_000, 10_000, 10_000,
  ]);
  expect(backOff(limits, 4, () => 1)).toBe(7_500);
});
