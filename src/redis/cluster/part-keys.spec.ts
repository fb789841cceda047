import { expect, it } from 'vitest';
import { partKeyOf, partKeys, partKeysFor } from './part-keys.ts';
import { slotOf } from './slot.ts';

it('epochKeys() has one key for each 256 slots, and always the same', () => {
  expect(partKeys().map((key) => Math.floor(slotOf(key) / 256))).toEqual(Array.from({ length: 64 }, (_, part) => part));
  // They lie in clusters: another table would be taken for a loss.
  expect(partKeys().slice(0, 3)).toEqual([
    'sallyport:revoked-epoch:{10}',
    'sallyport:revoked-epoch:{18}',
    'sallyport:revoked-epoch:{113}',
  ]);
});

it('epochKeysFor() has that of the part of each key; one that lies there where that does not; or where none does', () => {
  const keys = Array.from({ length: 20_000 }, (_, number) => `key-${number}`);
  expect(partKeysFor(keys, [[0, 16_383]]).toSorted()).toEqual(partKeys().toSorted());
  const inPart = keys.filter((key) => partKeyOf(slotOf(key)) === partKeys()[20]);
  expect(partKeysFor(inPart, [[0, 16_383]])).toEqual([partKeys()[20]]);
  const record = slotOf(partKeys()[20] ?? '');
  expect(partKeysFor(inPart, [[record + 1, record + 1_000]])).toEqual([partKeys()[21]]);
  expect(partKeysFor(inPart, [[record + 1, record + 1]])).toEqual([partKeyOf(record + 1)]);
});
