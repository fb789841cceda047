import { describe, expect, it } from 'vitest';
import { readReach } from '../core/revocation-entry.ts';
import { entryExpirySeconds, readAttribution, writeAttribution } from './entry.ts';
import {
  issuerMarkKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from './entry-keys.ts';

const ALWAYS = Number.NEGATIVE_INFINITY;
const EVERY = Number.POSITIVE_INFINITY;
const ENTRIES = [revokedTokenKey('own', 't'), revokedThumbprintKey('ab'), revokedSigningKeyKey('own', 'k')];
const MARKS = [subjectMarkKey('own', 's'), issuerMarkKey('own')];

describe('readReach()', () => {
  it.each([
    ['', ALWAYS],
    ['1', ALWAYS],
    ['{"at":1800000000,"by":"joe"}', ALWAYS],
    ['{broken', ALWAYS],
    ['after:1800000000', 1_800_000_000],
    [' after:1800000000\n', 1_800_000_000],
    ['after:0', 0],
    ['after:', ALWAYS],
    ['after:-1', ALWAYS],
    ['after:1.5', ALWAYS],
    ['after:1e9', ALWAYS],
    ['after: 1800000000', ALWAYS],
    ['after:1800000000x', ALWAYS],
    ['after:1234567890123456', ALWAYS],
    ['before:1800000000', ALWAYS],
    ['After:1800000000', ALWAYS],
  ])('%j ends every token from its beginning on', (value, fromSeconds) => {
    for (const key of ENTRIES) expect(readReach(key, value)).toEqual({ issuedUpToSeconds: EVERY, fromSeconds });
  });

  it.each([
    ['1800000000', 1_800_000_000],
    [' 1800000000\n', 1_800_000_000],
    ['0', 0],
    ['', EVERY],
    ['now', EVERY],
    ['-1', EVERY],
    ['1.5', EVERY],
    ['1e9', EVERY],
    ['0x10', EVERY],
    ['1 2', EVERY],
    ['after:1800000000', EVERY],
    ['{"at":1800000000}', EVERY],
    ['1234567890123456', EVERY],
  ])('the mark %j ends at once the tokens that were issued up to it', (value, issuedUpToSeconds) => {
    for (const key of MARKS) expect(readReach(key, value)).toEqual({ issuedUpToSeconds, fromSeconds: ALWAYS });
  });
});

describe('writeAttribution()', () => {
  it('writes a value that applies at once', () => {
    const value = writeAttribution({ at: 1_800_000_000, by: 'after:9', reason: 'a "leak"' });
    expect(value).toBe('{"at":1800000000,"by":"after:9","reason":"a \\"leak\\""}');
    expect(readReach(revokedTokenKey('own', 't'), value).fromSeconds).toBe(ALWAYS);
    expect(writeAttribution({ at: 1, by: 'joe' })).toBe('{"at":1,"by":"joe"}');
  });
});

describe('readAttribution()', () => {
  it.each([
    ['{"at":1800000000,"by":"joe","reason":"a leak"}', { at: 1_800_000_000, by: 'joe', reason: 'a leak' }],
    ['{"by":"joe"}', { by: 'joe' }],
    ['{"at":"yesterday","by":7,"reason":null}', {}],
    ['{"at":1e300}', {}],
    ['', {}],
    ['null', {}],
    ['[1]', {}],
    ['"joe"', {}],
    ['after:1800000000', {}],
    ['{broken', {}],
  ])('reads the known members of %j', (value, reason) => {
    expect(readAttribution(value)).toEqual(reason);
  });
});

describe('entryExpirySeconds()', () => {
  it.each([
    [1_800_000_000, 30_000, 1_800_000_120],
    [1_800_000_000.2, 0, 1_800_000_061],
    [1_800_000_000, 250, 1_800_000_061],
    [undefined, 30_000, undefined],
    [253_402_300_799, 0, 253_402_300_859],
    [253_402_300_800, 0, undefined],
    [1e300, 0, undefined],
  ])('of a token that expires at %s with a skew of %s ms is %s', (end, skewMs, expiry) => {
    expect(entryExpirySeconds(end, skewMs)).toBe(expiry);
  });
});
