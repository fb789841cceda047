import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLongerThan } from './json-length.ts';

describe('isLongerThan()', () => {
  it('compares the length that JSON.stringify returns', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { length } = JSON.stringify(value);
        expect([isLongerThan(value, length), isLongerThan(value, length - 1)]).toEqual([false, true]);
      }),
    );
  });

  it('reads a value that is nested so deeply that JSON.stringify throws', () => {
    const nested: unknown = JSON.parse(`${'['.repeat(30_000)}1${']'.repeat(30_000)}`);
    expect(() => JSON.stringify(nested)).toThrow(RangeError);
    expect(isLongerThan(nested, 1_024)).toBe(true);
  });
});
