import { expect, it } from 'vitest';
import { distance, duration, endOfDay, timestamp } from './times.ts';

it.each([
  [0, 'just now'],
  [1, 'in less than a minute'],
  [59, 'in less than a minute'],
  [-30, 'just now'],
  [60, 'in 1 minute'],
  [7_199, 'in 1 hour'],
  [-7_200, '2 hours ago'],
  [86_400 * 6.9, 'in 6 days'],
  [-86_400, '1 day ago'],
])('distance(%d) is %j', (seconds, text) => {
  expect(distance(seconds)).toBe(text);
});

it.each([
  [1, '1 second'],
  [90, '90 seconds'],
  [5_400, '90 minutes'],
  [3_600, '1 hour'],
  [86_400, '1 day'],
  [31_536_000, '365 days'],
])('duration(%d) is %j', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  ['2027-01-31', Date.parse('2027-01-31T23:59:59Z') / 1000],
  ['2028-02-29', Date.parse('2028-02-29T23:59:59Z') / 1000],
  ['2027-02-29', undefined],
  ['2027-1-3', undefined],
  ['', undefined],
  ['tomorrow', undefined],
])('endOfDay(%j) is %j', (date, seconds) => {
  expect(endOfDay(date)).toBe(seconds);
});

it('timestamp() contains the exact second for machines and the distance for people', () => {
  const { text } = timestamp(1_800_000_000, 1_800_000_000 - 86_400);
  expect(text).toContain('datetime="2027-01-15T08:00:00.000Z">15 Jan 2027, 08:00 UTC<');
  expect(text).toContain('in 1 day');
});
