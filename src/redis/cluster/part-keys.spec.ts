import { describe, expect, it } from 'vitest';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { PartKeys } from './part-keys.ts';
import { slotOf } from './slot.ts';

const partKeys = new PartKeys(EPOCH_PREFIX);

describe('PartKeys', () => {
  it('has one constant key for every 256 slots', () => {
    const parts = partKeys.all.map((key) => Math.floor(slotOf(key) / 256));
    expect(parts).toEqual(Array.from({ length: 64 }, (_, part) => part));
    // Clusters in use have these keys: instances would take other ones for a loss.
    expect(partKeys.all.slice(0, 3)).toEqual([
      'sallyport:revoked-epoch:{10}',
      'sallyport:revoked-epoch:{18}',
      'sallyport:revoked-epoch:{113}',
    ]);
  });

  it('vouchingFor() returns the part key of each key, another one of the primary, or that of its first slot', () => {
    const keys = Array.from({ length: 20_000 }, (_, number) => `key-${number}`);
    const [one = '', next = ''] = partKeys.all.slice(20);
    expect(partKeys.vouchingFor(keys, [[0, 16_383]]).toSorted()).toEqual(partKeys.all.toSorted());
    const inPart = keys.filter((key) => partKeys.of(slotOf(key)) === one);
    expect(partKeys.vouchingFor(inPart, [[0, 16_383]])).toEqual([one]);
    const slot = slotOf(one);
    expect(partKeys.vouchingFor(inPart, [[slot + 1, slot + 1_000]])).toEqual([next]);
    expect(partKeys.vouchingFor(inPart, [[slot + 1, slot + 1]])).toEqual([partKeys.of(slot + 1)]);
  });
});
