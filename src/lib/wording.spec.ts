import { expect, describe as group, it } from 'vitest';
import { describe, kindOf, list, printable, quote, suggest } from './wording.ts';

group('quote()', () => {
  it('keeps to one line and to visible characters', () => {
    expect(quote('a\nb\u2028\u0085\ud800')).toBe("'a\\u{a}b\\u{2028}\\u{85}\\u{d800}'");
  });

  it('cuts what is long', () => {
    expect(quote('x'.repeat(100))).toBe(`'${'x'.repeat(60)}...'`);
  });
});

group('list()', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a or b'],
    [['a', 'b', 'c'], 'a, b or c'],
  ])('of %j is %j', (names, text) => {
    expect(list(names)).toBe(text);
  });
});

group('kindOf() and describe()', () => {
  it.each([
    [undefined, 'nothing', 'nothing'],
    [null, 'nothing', 'nothing'],
    [5, '5', '5'],
    [true, 'true', 'true'],
    ['text', 'a string', "'text'"],
    [[], 'a list', 'a list'],
    [{}, 'a map', 'a map'],
  ])('of %j', (value, kind, description) => {
    expect(kindOf(value)).toBe(kind);
    expect(describe(value)).toBe(description);
  });
});

group('suggest()', () => {
  it('asks only when something is near', () => {
    expect(suggest('lisen', ['listen'])).toBe(", did you mean 'listen'?");
    expect(suggest('doors', ['listen'])).toBe('');
  });
});

it('printable() leaves nothing that controls a terminal, breaks a line or reorders it', () => {
  expect(printable('a\u{1b}[31m\n\u2028\u202Eb\u2066c é')).toBe('a\uFFFD[31m\uFFFD\uFFFD\uFFFDb\uFFFDc é');
});
