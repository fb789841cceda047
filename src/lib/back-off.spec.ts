import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lastingRetryDelayMs, retryDelayMs } from './back-off.ts';

it('retryDelayMs() grows to two seconds, and is spread', () => {
  expect([0, 1, 5, 6, 1_000_000].map((attempts) => retryDelayMs(attempts, () => 0))).toEqual([
    50, 100, 1600, 2000, 2000,
  ]);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, chance) => {
      const [least, most] = [retryDelayMs(attempts, () => 1), retryDelayMs(attempts, () => 0)];
      expect(retryDelayMs(attempts, () => chance)).toBeGreaterThanOrEqual(least);
      expect(retryDelayMs(attempts, () => chance)).toBeLessThanOrEqual(most);
      expect(least).toBe(most / 2);
    }),
  );
});

it('lastingRetryDelayMs() grows to a minute', () => {
  expect([0, 1, 4, 5, 1_000_000].map((attempts) => lastingRetryDelayMs(attempts, () => 0))).toEqual([
    2_000, 4_000, 32_000, 60_000, 60_000,
  ]);
  expect(lastingRetryDelayMs(0, () => 1)).toBe(1_000);
});
