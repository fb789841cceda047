import { describe, expect, it } from 'vitest';
import { formatPath, formatProblems } from './problems.ts';

describe('formatProblems()', () => {
  it('prints one problem a line, with its place', () => {
    const place = { file: 'sallyport.yaml', line: 12, column: 5 };
    expect(
      formatProblems([
        { ...place, path: 'routes[2].scope', message: 'unknown scope' },
        { ...place, path: '', message: 'duplicate key' },
      ]),
    ).toBe('sallyport.yaml:12:5: routes[2].scope: unknown scope\nsallyport.yaml:12:5: duplicate key');
  });
});

describe('formatPath()', () => {
  it.each([
    [[], ''],
    [['routes', 2, 'anyOf', 0], 'routes[2].anyOf[0]'],
    [['scopes', 'messages:send', 'maxTtl'], 'scopes.messages:send.maxTtl'],
    [['scopes', 'a b\n'], "scopes['a b\\u{a}']"],
  ])('of %j is %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});
