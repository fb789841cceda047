import { expect, it } from 'vitest';
import { holds, slotOf, tagIn } from './slot.ts';

it('slotOf() follows the Redis Cluster specification', () => {
  expect(slotOf('123456789')).toBe(0x31c3);
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
});

it.each([
  [[[0, 0]]],
  [[[16_383, 16_383]]],
  [
    [
      [5, 9],
      [100, 100],
    ],
  ],
  [[[0, 16_383]]],
] as const)('tagIn(%j) returns a tag in these slots', (ranges) => {
  const tags = Array.from({ length: 5 }, () => tagIn(ranges));
  for (const tag of tags) expect(holds(ranges, slotOf(`sallyport:tracking-beat:x{${tag}}:1`))).toBe(true);
});

it('tagIn() returns undefined without slots', () => {
  expect(tagIn([])).toBeUndefined();
});
