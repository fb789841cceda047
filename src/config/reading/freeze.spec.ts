import { expect, it } from 'vitest';
import { deepFreeze } from './freeze.ts';

it('deepFreeze() freezes plain objects and arrays recursively, and nothing else', () => {
  const map = new Map([['a', { b: 1 }]]);
  const value = deepFreeze({ list: [{ c: 1 }], map, nothing: undefined, text: 'x' });
  expect(Object.isFrozen(value)).toBe(true);
  expect(Object.isFrozen(value.list)).toBe(true);
  expect(Object.isFrozen(value.list[0])).toBe(true);
  expect(Object.isFrozen(map)).toBe(false);
});
