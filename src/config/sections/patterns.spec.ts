import { describe, expect, it } from 'vitest';
import { patternProblem } from './patterns.ts';

const UNFIT = 'cannot stand in a path: requests that hold it are refused';
const ENCODED =
  "'%' cannot stand in a path: write it readable, without percent-encoding; encoded separators are refused in requests";
const PART = 'a part of a segment cannot be matched: write {name} for the whole segment, or ** at the end';
const PARAMETER =
  'a part of a segment cannot be a parameter: write {name} for the whole segment, and ask for the scopes that all of its forms need';
const WHOLE = "no request has such a path: '.' and '..' segments and over-long paths are refused";

describe('patternProblem()', () => {
  it.each([
    '/',
    '/a',
    '/a/',
    '/a/{id}',
    '/{a}/{b}/',
    '/**',
    '/a/{id}/**',
    '/a-b_c~d!$&(+)@:,=',
    '/a b',
    '/café/{id}',
    '/\u{1F600}/**',
    '/x:cancel',
  ])('takes %s', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['a', "a path begins with '/', found 'a'"],
    ['**', "a path begins with '/', found '**'"],
    ['/a%2Fb', ENCODED],
    ['/a%b', ENCODED],
    ['/a%25b', ENCODED],
    ['/caf%C3%A9/{id}', "write it readable, without percent-encoding: '/café/{id}'"],
    ['/a%20b', "write it readable, without percent-encoding: '/a b'"],
    ['/a\u200bb', `'\\u{200b}' ${UNFIT}`],
    ['/a\ud800', `'\\u{d800}' ${UNFIT}`],
    ['/a;b', `';' ${UNFIT}`],
    ['/a?b=c', `'?' ${UNFIT}`],
    ['/a#b', `'#' ${UNFIT}`],
    ['/a\\b', `'\\' ${UNFIT}`],
    ['/a\u0000', `'\\u{0}' ${UNFIT}`],
    ['/a//b', "an empty segment ('//') never matches: leave it out"],
    ['//', "an empty segment ('//') never matches: leave it out"],
    ['/**/a', "'**' stands for the rest of a path: it can only be the last segment"],
    ['/a/*', "'*': write {name} for one segment, or ** at the end"],
    ['/a*', `'a*': ${PART}`],
    ['/a**', `'a**': ${PART}`],
    ['/*.json', `'*.json': ${PART}`],
    ['/a{b}', `'a{b}': ${PARAMETER}`],
    ['/{id}:cancel', `'{id}:cancel': ${PARAMETER}`],
    ['/{id}.json', `'{id}.json': ${PARAMETER}`],
    ['/users/:id', "':id': write {id} for one segment"],
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
