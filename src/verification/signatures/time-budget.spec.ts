import { expect, it } from 'vitest';
import { TimeBudget } from './time-budget.ts';

it('TimeBudget.take() allows a burst, and a share of the time after that', () => {
  const budget = new TimeBudget(0.4, 0.1);
  const burst = Array.from({ length: 6 }, () => budget.take(0.1, 1_000));
  expect(burst.filter(Boolean)).toHaveLength(4);
  expect(budget.take(0.1, 1_000.5)).toBe(false);
  expect(budget.take(0.1, 1_001.1)).toBe(true);
  expect(budget.take(0.1, 1_001.2)).toBe(false);
  // It saves no more than a burst.
  const later = Array.from({ length: 6 }, () => budget.take(0.1, 9_000));
  expect(later.filter(Boolean)).toHaveLength(4);
});

it('TimeBudget.take() never allows more at once than a burst', () => {
  expect(new TimeBudget(0.4, 0.1).take(0.7, 1_000)).toBe(false);
});
