import { describe, expect, it } from 'vitest';
import { ScopeLists } from './scope-lists.ts';

describe('ScopeLists.share()', () => {
  it('returns one object for equal lists, and others for lists that differ', () => {
    const lists = new ScopeLists();
    const first = lists.share(['a', 'b']);
    expect(lists.share(['a', 'b'])).toBe(first);
    expect(first).toEqual({ scopes: ['a', 'b'], granted: new Set(['a', 'b']) });
    for (const other of [['b', 'a'], ['a b'], ['a'], ['a", "b'], ['a","b'], ['a', 'b', 'b'], []]) {
      expect(lists.share(other)).toEqual({ scopes: other, granted: new Set(other) });
    }
  });

  it('shares no long list, and a bounded number of others', () => {
    const lists = new ScopeLists();
    const long = Array.from({ length: 500 }, (_, index) => `scope-${index}`);
    expect(lists.share(long)).not.toBe(lists.share(long));
    const first = lists.share(['scope']);
    for (let index = 0; index < 5_000; index++) lists.share([`scope-${index}`]);
    expect(lists.share(['scope'])).not.toBe(first);
  });
});
