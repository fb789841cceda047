import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainRoute, RouteMap } from '../route.ts';
import { comparePatterns, contains, overlaps, shapeOf } from './pattern-order.ts';

const segment = fc.constantFrom('a', 'b', '{x}');
const pattern = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/', '/**'))
  .map(([segments, end]) => `/${segments.map((one, index) => (one === '{x}' ? `{x${index}}` : one)).join('/')}${end}`);
const path = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }), fc.constantFrom('', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`);

const requirement = { kind: 'public' } as const;

function matches(one: string, request: string): boolean {
  return new RouteMap([plainRoute({ pattern: one, requirement })]).match('', 'GET', request) !== 'none';
}

describe('the order of patterns agrees with the route map', () => {
  it('overlaps() is true for two patterns that match one path', () => {
    fc.assert(
      fc.property(pattern, pattern, path, (one, other, request) => {
        if (matches(one, request) && matches(other, request)) expect(overlaps(one, other)).toBe(true);
      }),
    );
  });

  it('contains() is true only for patterns that match no other path', () => {
    fc.assert(
      fc.property(pattern, pattern, path, (wide, narrow, request) => {
        if (contains(wide, narrow) && matches(narrow, request)) expect(matches(wide, request)).toBe(true);
      }),
    );
  });

  it('comparePatterns() names the one that decides', () => {
    fc.assert(
      fc.property(pattern, pattern, path, (one, other, request) => {
        if (!matches(one, request) || !matches(other, request)) return;
        const [first, second] = [one, other].map((each) => plainRoute({ pattern: each, requirement }));
        if (first === undefined || second === undefined) return;
        const map = new RouteMap([first, second]);
        const order = comparePatterns(one, other);
        expect(order === 0).toBe(shapeOf(one) === shapeOf(other));
        if (order !== 0) expect(map.match('', 'GET', request)).toBe(order < 0 ? first : second);
      }),
    );
  });
});

it.each([
  ['/a/{x}', '/a/b', true, true],
  ['/a/{x}', '/a/', false, false],
  ['/a/**', '/a', true, true],
  ['/a/**', '/a/', true, true],
  ['/**', '/', true, true],
  ['/a/b', '/a/{x}', true, false],
  ['/{x}/b', '/a/{y}', true, false],
  ['/a', '/a/b', false, false],
])('%s and %s', (one, other, isShared, isContained) => {
  expect(overlaps(one, other)).toBe(isShared);
  expect(overlaps(other, one)).toBe(isShared);
  expect(contains(one, other)).toBe(isContained);
});
