import { describe, expect, it } from 'vitest';
import { patternProblem } from './patterns.ts';

const unfit = (character: string): string =>
  `a path must not contain '${character}': requests that contain it are refused`;
const ENCODED =
  "a path must not contain '%': write it without percent-encoding; requests with encoded separators are refused";
const PART = 'a wildcard cannot match part of a segment: write {name} for the whole segment, or ** at the end';
const PARAMETER =
  'a parameter cannot be part of a segment: write {name} for the whole segment, and require the scopes that all of its forms need';
const WHOLE = "no request can have this path: '.' and '..' segments and over-long paths are refused";

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
  ])('accepts %s', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['a', "a path must begin with '/', found 'a'"],
    ['**', "a path must begin with '/', found '**'"],
    ['/a%2Fb', ENCODED],
    ['/a%b', ENCODED],
    ['/a%25b', ENCODED],
    ['/caf%C3%A9/{id}', "write the path without percent-encoding: '/café/{id}'"],
    ['/a%20b', "write the path without percent-encoding: '/a b'"],
    ['/a\u200bb', unfit('\\u{200b}')],
    ['/a\ud800', unfit('\\u{d800}')],
    ['/a;b', unfit(';')],
    ['/a?b=c', unfit('?')],
    ['/a#b', unfit('#')],
    ['/a\\b', unfit('\\')],
    ['/a\u0000', unfit('\\u{0}')],
    ['/a//b', "an empty segment ('//') never matches: remove it"],
    ['//', "an empty segment ('//') never matches: remove it"],
    ['/**/a', "'**' matches the rest of a path: it must be the last segment"],
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
    ['/{a}/{a}', "'{a}' occurs twice"],
    ['/a/..', WHOLE],
    ['/./a', WHOLE],
    [`/${'a'.repeat(3000)}`, WHOLE],
  ])('refuses %s', (pattern, message) => {
    expect(patternProblem(pattern)).toBe(message);
  });
});
