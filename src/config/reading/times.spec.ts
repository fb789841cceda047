import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../test/support/config.ts';
import { parseDuration, parseInstant } from './times.ts';

describe('parseDuration()', () => {
  it.each([
    ['0s', 0],
    ['150ms', 150],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('reads %s as %d ms', (text, value) => {
    expect(parseDuration(text)).toBe(value);
  });

  it.each(['', '30', 's', '-1s', '1.5s', '01s', '1 s', '1S', '1w', '1m30s', '1234567890s', '30s\n'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('parseInstant()', () => {
  it.each([
    ['2027-06-30', Date.UTC(2027, 5, 30)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2027-06-30T12:30Z', Date.UTC(2027, 5, 30, 12, 30)],
    ['2027-06-30T12:30:15.5+02:00', Date.UTC(2027, 5, 30, 10, 30, 15, 500)],
    ['2027-06-30t12:30:00z', Date.UTC(2027, 5, 30, 12, 30)],
    ['2027-06-30T23:59:60Z', Date.UTC(2027, 6, 1)],
  ])('reads %s', (text, value) => {
    expect(parseInstant(text)).toBe(value);
  });

  it.each(['', '2027', '2027-6-30', '2027-02-29', '2027-13-01', '2027-06-30T25:00Z', '2027-06-30T12:00', 'tomorrow'])(
    'refuses %j',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );
});

describe('durations in a file', () => {
  it.each([
    ['clockSkew: 5m', []],
    [
      'clockSkew: 6m',
      ["3:12: clockSkew: expected a duration from 0s to 5m, such as 150ms, 30s, 5m or 24h, found '6m'"],
    ],
    [
      'timeouts: { decision: 150 }',
      ['3:23: timeouts.decision: expected a duration from 1ms to 60s, such as 150ms, 30s, 5m or 24h, found 150'],
    ],
    [
      'revocation: { maxStaleness: 99ms }',
      [
        "3:29: revocation.maxStaleness: expected a duration from 100ms to 60s, such as 150ms, 30s, 5m or 24h, found '99ms'",
      ],
    ],
    [
      'revocation: { maxStaleness: 61s }',
      [
        "3:29: revocation.maxStaleness: expected a duration from 100ms to 60s, such as 150ms, 30s, 5m or 24h, found '61s'",
      ],
    ],
    [
      'scopes: { a:b: { maxTtl: 1500ms } }',
      [
        "3:26: scopes.a:b.maxTtl: expected a duration from 1s to 3650d, in whole seconds, such as 30s, 5m or 24h, found '1500ms'",
      ],
    ],
    [
      'basic: { sunset: 2027-02-30 }',
      [
        "3:18: basic.sunset: expected a date such as '2027-06-30', or a date and time such as '2027-06-30T12:00:00Z', found '2027-02-30'",
      ],
    ],
  ])('%s', (sections, problems) => {
    expect(problemsOf(fileWith(sections))).toEqual(problems);
  });

  it('are converted to the unit of the configuration', () => {
    const config = configOf(
      'timeouts: { decision: 1s }\nscopes: { a:b: { maxTtl: 2h } }\nbasic: { sunset: 2027-06-30 }',
    );
    expect(config.timeouts).toEqual({ decisionMs: 1000, storeMs: 80 });
    expect(config.scopes.get('a:b')?.maxTtlSeconds).toBe(7200);
    expect(config.basic).toEqual({ routes: false, sunsetMs: Date.UTC(2027, 5, 30) });
  });
});
