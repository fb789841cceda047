import { expect, it } from 'vitest';
import { readDateTime } from './date-time.ts';

const NOON = Date.UTC(2027, 5, 30, 12) / 1000;
const MIDNIGHT = Date.UTC(2027, 6, 1) / 1000;

it.each([
  ['2027-06-30T12:00:00Z', NOON],
  ['2027-06-30t12:00:00z', NOON],
  ['2027-06-30T14:00:00.25+02:00', NOON + 0.25],
  ['2027-06-30T12:00:00-00:00', NOON],
  ['2027-06-30T23:59:60Z', MIDNIGHT],
  ['2027-06-30T23:59:60.5z', MIDNIGHT + 0.5],
  ['2027-07-01T01:59:60+02:00', MIDNIGHT],
])('readDateTime() reads %s', (text, seconds) => {
  expect(readDateTime(text)).toBe(seconds * 1000);
});

it.each([
  '',
  '2027-06-30',
  '2027-06-30T12:00:00',
  '2027-06-30 12:00:00Z',
  '2027-06-31T12:00:00Z',
  '2027-06-30T12:00:61Z',
  '2027-06-30T12:00:60Z',
  '2027-06-30T24:00:00Z',
  '2027-06-30T12:00Z',
  '2027-06-30T12:00:00+2:00',
  ' 2027-06-30T12:00:00Z',
  '2027-06-30T12:00:00+24:00',
  '2027-02-30T12:00:00Z',
])('readDateTime() reads nothing of "%s"', (text) => {
  expect(readDateTime(text)).toBeUndefined();
});
