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
  ])('takes %j', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'the name is empty'],
    ['x'.repeat(129), 'the name is over 128 characters'],
    ['a:b', 'the name holds a colon, which ends a name in Basic credentials'],
    ['bob ', 'the name begins or ends with a space: leave it out'],
    [' bob', 'the name begins or ends with a space: leave it out'],
    ['bob\u00a0', 'the name begins or ends with a space: leave it out'],
    ['bob\n', 'the name begins or ends with a space: leave it out'],
    ['bob  smith', 'the name holds several spaces in a row: write one'],
    ['bob\ud800', 'the name is not Unicode text'],
    ['\u0301bob', 'the name begins with a mark that belongs to a letter before it'],
    // In small letters both have one form, which another account could have.
    ['J\u030can', 'the name holds a capital letter that is two characters: write it small'],
    ['\u03aa\u0301', 'the name holds a capital letter that is two characters: write it small'],
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
    ['what replaced a byte that was not UTF-8', 'b\ufffdb', 'U+FFFD'],
    ['a blank of Braille', 'bob\u2800', 'U+2800'],
    ['a private character', 'bob\ue000', 'U+E000'],
  ])('refuses %s, which nobody sees or can tell apart', (_what, name, codePoint) => {
    expect(nameProblem(name)).toBe(
      `the name holds ${codePoint}: only letters, digits, ASCII punctuation and single spaces are taken`,
    );
  });

  it.each([
    ['ｂob', "U+FF42, another form of 'b'"],
    ['of\ufb01ce', "U+FB01, another form of 'fi'"],
    ['𝐛ob', "U+1D41B, another form of 'b'"],
  ])('refuses another form of plain letters: %s', (name, words) => {
    expect(nameProblem(name)).toBe(`the name holds ${words}: write that`);
  });
});

describe('emailProblem()', () => {
  it.each(['bob@example.com', 'o.brien+x@bücher.example', `${'x'.repeat(252)}@y`])('takes %s', (email) => {
    expect(emailProblem(email)).toBeUndefined();
  });

  it.each(['', 'bob', 'a@b@c', 'bob @example.com', 'bob@example.com ', 'a:b@c', `${'x'.repeat(253)}@y`])(
    'refuses %j',
    (email) => {
      expect(emailProblem(email)).toMatch(/^an e-mail address has an @ between two parts/);
    },
  );

  it('refuses invisible characters', () => {
    expect(emailProblem('bob\u200b@example.com')).toContain('the e-mail address holds U+200B');
  });
});
