import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backOffMs, lastingBackOffMs } from './back-off.ts';

it('retryDelayMs() grows to two seconds, and is spread', () => {
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

it('lastingRetryDelayMs() grows to a minute', () => {
  expect([0, 1, 4, 5, 1_000_000].map((attempts) => lastingBackOffMs(attempts, () => 0))).toEqual([
    2_000, 4_000, 32_000, 60_000, 60_000,
  ]);
  expect(lastingBackOffMs(0, () => 1)).toBe(1_000);
});
