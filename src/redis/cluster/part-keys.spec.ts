import { expect, it } from 'vitest';
import { epochKeyOf, epochKeys, epochKeysFor } from './part-keys.ts';
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

it('epochKeysFor() has that of the part of each key; one that lies there where that does not; or where none does', () => {
  const keys = Array.from({ length: 20_000 }, (_, number) => `key-${number}`);
  expect(epochKeysFor(keys, [[0, 16_383]]).toSorted()).toEqual(epochKeys().toSorted());
  const inPart = keys.filter((key) => epochKeyOf(slotOf(key)) === epochKeys()[20]);
  expect(epochKeysFor(inPart, [[0, 16_383]])).toEqual([epochKeys()[20]]);
  const record = slotOf(epochKeys()[20] ?? '');
  expect(epochKeysFor(inPart, [[record + 1, record + 1_000]])).toEqual([epochKeys()[21]]);
  expect(epochKeysFor(inPart, [[record + 1, record + 1]])).toEqual([epochKeyOf(record + 1)]);
});
