import { describe, expect, it } from 'vitest';
import { patternProblem } from './patterns.ts';

const UNFIT = 'cannot stand in a path: write it as it arrives, without encoding and query';
const WHOLE = "no request has such a path: '.' and '..' segments and over-long paths are refused";

describe('patternProblem()', () => {
  it.each(['/', '/a', '/a/', '/a/{id}', '/{a}/{b}/', '/**', '/a/{id}/**', '/a-b_c~d!$&(+)@:,='])(
    'takes %s',
    (pattern) => {
      expect(patternProblem(pattern)).toBeUndefined();
    },
  );

  it.each([
    ['a', "a path begins with '/', found 'a'"],
    ['**', "a path begins with '/', found '**'"],
    ['/a%2Fb', `'%' ${UNFIT}`],
    ['/a;b', `';' ${UNFIT}`],
    ['/a?b=c', `'?' ${UNFIT}`],
    ['/a#b', `'#' ${UNFIT}`],
    ['/a\\b', `'\\' ${UNFIT}`],
    ['/a b', `' ' ${UNFIT}`],
    ['/a\u0000', `'\\u{0}' ${UNFIT}`],
    ['/ä', `'ä' ${UNFIT}`],
    ['/a//b', "an empty segment ('//') never matches: leave it out"],
    ['//', "an empty segment ('//') never matches: leave it out"],
    ['/**/a', "'**' stands for the rest of a path: it can only be the last segment"],
    ['/a/*', "'*': write {name} for one segment, or ** at the end"],
    ['/a*', "'a*': write {name} for one segment, or ** at the end"],
    ['/a**', "'a**': write {name} for one segment, or ** at the end"],
    ['/a{b}', "'a{b}': a segment is either literal or {name}, with a name of letters, digits and '_'"],
    ['/{}', "'{}': a segment is either literal or {name}, with a name of letters, digits and '_'"],
    ['/{1}', "'{1}': a segment is either literal or {name}, with a name of letters, digits and '_'"],
    ['/{a', "'{a': a segment is either literal or {name}, with a name of letters, digits and '_'"],
    ['/{a}/{a}', "'{a}' stands in it twice"],
    ['/a/..', WHOLE],
    ['/./a', WHOLE],
    [`/${'a'.repeat(3000)}`, WHOLE],
  ])('refuses %s', (pattern, message) => {
    expect(patternProblem(pattern)).toBe(message);
  });
});
