import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimValue, LONGEST_CLAIM_VALUE } from './header-value.ts';

describe('claimValue()', () => {
  it.each([
    ['acme', 'acme'],
    ['a b%', 'a%20b%25'],
    ['a\r\nx-auth-scopes: all:any', 'a%0D%0Ax-auth-scopes:%20all:any'],
    ['Zoë', 'Zo%C3%AB'],
    [42, '42'],
    [-0.5, '-0.5'],
    [1e-7, '1e-7'],
    [true, 'true'],
    [false, 'false'],
    [['a', 'b c', 3, true], 'a b%20c 3 true'],
    [['one'], 'one'],
  ])('writes %j as %s', (claim, value) => {
    expect(claimValue(claim)).toBe(value);
  });

  it.each([
    [undefined],
    [null],
    [''],
    [{ a: 1 }],
    [[]],
    [['a', '']],
    [['a', null]],
    [['a', ['b']]],
    [[{ a: 1 }]],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    ['\ud800'],
    [['a', '\udc00']],
  ])('writes nothing for %j', (claim) => {
    expect(claimValue(claim)).toBe('');
  });

  it('writes nothing for a value that is too long, instead of its beginning', () => {
    expect(claimValue('a'.repeat(LONGEST_CLAIM_VALUE))).toHaveLength(LONGEST_CLAIM_VALUE);
    expect(claimValue('a'.repeat(LONGEST_CLAIM_VALUE + 1))).toBe('');
    expect(claimValue('é'.repeat(LONGEST_CLAIM_VALUE / 6 + 1))).toBe('');
  });

  it('writes visible ASCII and spaces between the values of a list, and no two lists of strings alike', () => {
    const string = fc.string({ unit: fc.constantFrom('a', ' ', '%', '2', '0', 'é', ','), minLength: 1, maxLength: 4 });
    const lists = fc.array(string, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        expect(claimValue(one)).toMatch(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/);
        expect(claimValue(one) === claimValue(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
