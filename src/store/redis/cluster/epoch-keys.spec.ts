import { expect, it } from 'vitest';
import { epochKeyIn, epochKeyOf, epochKeys } from './epoch-keys.ts';
import { slotOf } from './slot.ts';

it('epochKeys() has one key for each 256 slots, and always the same', () => {
  expect(epochKeys().map((key) => Math.floor(slotOf(key) / 256))).toEqual(
    Array.from({ length: 64 }, (_, part) => part),
  );
  // They lie in clusters: another table would be taken for a loss.
  expect(epochKeys().slice(0, 3)).toEqual([
    'sallyport:revoked-epoch:{10}',
    'sallyport:revoked-epoch:{18}',
    'sallyport:revoked-epoch:{113}',
  ]);
});

it('epochKeyIn() is one that lies there, or that of the part where none does', () => {
  expect(slotOf(epochKeyIn([[5_000, 5_511]]))).toBeGreaterThanOrEqual(5_000);
  const key = epochKeyOf(700);
  expect(Math.floor(slotOf(key) / 256)).toBe(2);
  const besides = slotOf(key) + 1;
  expect(epochKeyIn([[besides, besides]])).toBe(epochKeyOf(besides));
});
