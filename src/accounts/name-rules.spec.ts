import { describe, expect, it } from 'vitest';
import { emailProblem, nameProblem } from './name-rules.ts';

describe('nameProblem()', () => {
  it.each([
    'bob',
    'Bob Smith',
    'bob@example.com',
    "o'brien_2+test!",
    'Jürgen',
    'Jürgen'.normalize('NFD'),
    'Дмитрий',
    '山田太郎',
    'محمد',
    'हिन्दी',
    'x'.repeat(128),
  ])('accepts %j', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'the name must not be empty'],
    ['x'.repeat(129), 'the name must have at most 128 characters'],
    ['a:b', 'the name must not contain a colon, which ends the name in Basic credentials'],
    ['bob ', 'the name must not begin or end with a space'],
    [' bob', 'the name must not begin or end with a space'],
    ['bob\u00a0', 'the name must not begin or end with a space'],
    ['bob\n', 'the name must not begin or end with a space'],
    ['bob  smith', 'the name must not contain several spaces in a row'],
    ['bob\ud800', 'the name must be Unicode text'],
    ['\u0301bob', 'the name must not begin with a combining mark'],
    // Their lower-case forms have a composed form, which could be the name of another account.
    ['J\u030can', 'the name contains a capital letter that consists of two characters; use the lower-case letter'],
    ['\u03aa\u0301', 'the name contains a capital letter that consists of two characters; use the lower-case letter'],
  ])('refuses %j', (name, problem) => {
    expect(nameProblem(name)).toBe(problem);
  });

  it.each([
    ['a zero-width space', 'bo\u200bb', 'U+200B'],
    ['a zero-width joiner', 'bo\u200db', 'U+200D'],
    ['a soft hyphen', 'bo\u00adb', 'U+00AD'],
    ['a right-to-left override', '\u202ebob', 'U+202E'],
    ['an isolate', 'bob\u2066', 'U+2066'],
    ['a byte order mark within', 'b\ufeffob', 'U+FEFF'],
    ['a Hangul filler', 'bob\u3164', 'U+3164'],
    ['a variation selector', 'bob\ufe0f', 'U+FE0F'],
    ['a tag character', 'bob\u{e0062}', 'U+E0062'],
    ['a no-break space within', 'bob\u00a0smith', 'U+00A0'],
    ['a control character', 'bo\u0007b', 'U+0007'],
    ['a replacement character', 'b\ufffdb', 'U+FFFD'],
    ['a Braille blank', 'bob\u2800', 'U+2800'],
    ['a private-use character', 'bob\ue000', 'U+E000'],
  ])('refuses %s, which is invisible or ambiguous', (_character, name, codePoint) => {
    expect(nameProblem(name)).toBe(
      `the name contains ${codePoint}; only letters, digits, ASCII punctuation and single spaces are allowed`,
    );
  });

  it.each([
    ['ｂob', "U+FF42, another form of 'b'"],
    ['of\ufb01ce', "U+FB01, another form of 'fi'"],
    ['𝐛ob', "U+1D41B, another form of 'b'"],
  ])('refuses another form of plain letters: %s', (name, character) => {
    expect(nameProblem(name)).toBe(`the name contains ${character}; use the plain form`);
  });
});

describe('emailProblem()', () => {
  it.each(['bob@example.com', 'o.brien+x@bücher.example', `${'x'.repeat(252)}@y`])('accepts %s', (email) => {
    expect(emailProblem(email)).toBeUndefined();
  });

  it.each(['', 'bob', 'a@b@c', 'bob @example.com', 'bob@example.com ', 'a:b@c', `${'x'.repeat(253)}@y`])(
    'refuses %j',
    (email) => {
      expect(emailProblem(email)).toMatch(/^the e-mail address must have an @ between two parts/);
    },
  );

  it('refuses invisible characters', () => {
    expect(emailProblem('bob\u200b@example.com')).toContain('the e-mail address contains U+200B');
  });
});
