import { expect, it } from 'vitest';
import { randomId } from './random-id.ts';

it('randomId() is safe in a URL and on a command line, and of its length', () => {
  const ids = Array.from({ length: 2_000 }, () => randomId(21));
  expect(ids.filter((id) => !/^\w[\w-]{20}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(2_000);
});
