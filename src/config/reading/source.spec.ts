import { describe, expect, it } from 'vitest';
import { Source } from './source.ts';

describe('Source', () => {
  it.each([
    ['a: 1\na: 2', [{ line: 2, column: 1, message: 'duplicate key' }]],
    [
      'a: { b: /x/{y}, c: /{z} }',
      [
        {
          line: 1,
          column: 12,
          message:
            'unexpected text: quote a value that contains braces, brackets or commas, and a key that begins with *',
        },
      ],
    ],
    ['a: "x', [{ line: 1, column: 6, message: 'a quoted value has no closing quote' }]],
    ['a: 1\n\tb: 2', [{ line: 2, column: 1, message: 'this line is indented with a tab: use spaces' }]],
    ['a: !b c', [{ line: 1, column: 4, message: 'unknown or unsuitable tag: quote a value that begins with !' }]],
    ['a: *b', [{ line: 1, column: 4, message: 'invalid or unresolved alias: quote a value that begins with *' }]],
    ['a: 1\n---\nb: 2', [{ line: 2, column: 1, message: 'expected one YAML document, found several' }]],
    [
      'a: ["\\ud83d\\ude00", "x\\ud800"]',
      [{ line: 1, column: 21, message: 'this escape encodes half a character: write the character itself' }],
    ],
    ['? [a]\n: 1', [{ line: 1, column: 3, message: 'expected a plain key: quote one that begins with *, { or [' }]],
    ['a: { *: 1 }', [{ line: 1, column: 6, message: 'expected a plain key: quote one that begins with *, { or [' }]],
    [
      'a:\n  b: 1\n  - c',
      [
        {
          line: 3,
          column: 3,
          message:
            "a list entry ('- value') stands among the keys of a map ('key: value'): write all of them in one form",
        },
      ],
    ],
  ])('reports the fault in %j', (text, problems) => {
    expect(new Source(text).problems).toEqual(problems);
  });

  it('has a value despite duplicate keys, but none if the syntax is broken', () => {
    expect(new Source('a: 1\na: 2').value).toEqual({ a: 2 });
    expect(new Source('a: [').value).toBeUndefined();
    expect(new Source('').value).toBeNull();
  });

  it('reads only the types of JSON, whatever version the text declares', () => {
    const { value } = new Source('%YAML 1.1\n---\na: yes\nb: 2027-06-30\nc: 1:20');
    expect(value).toEqual({ a: 'yes', b: '2027-06-30', c: '1:20' });
  });

  it.each([
    [['one'], 1, 6],
    [['list'], 2, 1],
    [['list', 0], 3, 5],
    [['list', 0, 'b'], 4, 9],
    [['list', 1], 5, 8],
    [['list', 1, 'c'], 5, 13],
    [['list', 0, 'missing'], 3, 5],
    [['empty'], 6, 1],
    [['alias'], 7, 9],
    [['alias', 'c'], 5, 13],
    [['missing', 'deeper'], 1, 1],
    [[], 1, 1],
  ])('locate(%j) returns its position', (path, line, column) => {
    const source = new Source('one: 1\nlist:\n  - a: 1\n    b:  2\n  - &x { c: 3 }\nempty:\nalias:  *x\n');
    expect(source.problems).toEqual([]);
    expect(source.locate(path)).toEqual({ line, column });
  });

  it('locateKey() returns the position of a key, and of the last one if it is repeated', () => {
    expect(new Source('a: 1\nb: 2\na: 3').locateKey(['a'])).toEqual({ line: 3, column: 1 });
  });
});
