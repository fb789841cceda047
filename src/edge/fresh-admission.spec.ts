import { afterEach, expect, it, vi } from 'vitest';
import { FreshAdmission } from './fresh-admission.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('Admissions.of() asks once for each request, and again where it took longer than 250 ms', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let asked = 0;
  const admissions = new FreshAdmission(async () => (asked += 1));
  const [one, other] = [{}, {}];
  expect([await admissions.of(one), await admissions.of(other)]).toEqual([1, 2]);
  vi.advanceTimersByTime(250);
  expect(await admissions.of(one)).toBe(1);
  vi.advanceTimersByTime(1);
  expect([await admissions.of(one), await admissions.of(one)]).toEqual([3, 3]);
});
