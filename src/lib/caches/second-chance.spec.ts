import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Cached } from './second-chance.ts';
import { SecondChanceCache } from './second-chance.ts';

function item(bytes = 1): Cached {
  return { bytes, used: false };
}

function keysOf(cache: SecondChanceCache<number, Cached>, up: number): number[] {
  return Array.from({ length: up }, (_, key) => key).filter((key) => cache.get(key) !== undefined);
}

describe('SecondChanceCache', () => {
  it('evicts the oldest that was not used', () => {
    const cache = new SecondChanceCache<number, Cached>(3, 100);
    const [first] = [0, 1, 2].map((key) => {
      const value = item();
      cache.set(key, value);
      return value;
    });
    if (first !== undefined) first.used = true;
    cache.set(3, item());
    expect(keysOf(cache, 10)).toEqual([0, 2, 3]);
    cache.set(4, item());
    cache.set(5, item());
    // The second chance is over.
    cache.set(6, item());
    expect(keysOf(cache, 10)).toEqual([4, 5, 6]);
  });

  it('keeps what is in use through any number of additions', () => {
    const cache = new SecondChanceCache<number, Cached>(100, 1_000_000);
    const used = Array.from({ length: 50 }, () => item());
    for (const [key, value] of used.entries()) cache.set(key, value);
    for (let key = 50; key < 20_000; key++) {
      cache.set(key, item());
      if (key % 10 === 0) for (const value of used) value.used = true;
    }
    expect(keysOf(cache, 50)).toHaveLength(50);
    expect(cache.size).toBe(100);
  });

  it('is bounded in memory, also if every value was used', () => {
    const cache = new SecondChanceCache<number, Cached>(1_000, 100);
    for (let key = 0; key < 500; key++) cache.set(key, { bytes: 1 + (key % 30), used: true });
    const bytes = [...cache.values()].reduce((sum, value) => sum + value.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(100);
    expect(cache.get(499)).toBeDefined();
  });

  it('does not keep what needs more than all the memory, and evicts nothing for it', () => {
    const cache = new SecondChanceCache<number, Cached>(10, 100);
    cache.set(1, item(60));
    cache.set(2, item(101));
    expect(keysOf(cache, 3)).toEqual([1]);
  });

  it('replaces a value, and counts its memory once', () => {
    const cache = new SecondChanceCache<number, Cached>(10, 100);
    for (let round = 0; round < 50; round++) cache.set(1, item(60));
    cache.set(2, item(40));
    expect(keysOf(cache, 3)).toEqual([1, 2]);
    cache.delete(1);
    cache.set(3, item(60));
    expect(keysOf(cache, 4)).toEqual([2, 3]);
  });

  it('keeps no value that was replaced, also while it never evicts', async () => {
    setFlagsFromString('--expose-gc');
    const cache = new SecondChanceCache<number, Cached>(1_000, 1_000);
    const replaced: WeakRef<Cached>[] = [];
    for (let round = 0; round < 1_000; round++) {
      for (let key = 0; key < 4; key++) {
        const value = item();
        replaced.push(new WeakRef(value));
        cache.set(key, value);
      }
    }
    // A WeakRef keeps its value until the turn of the event loop ends.
    await setImmediate();
    collectGarbage();
    const alive = replaced.filter((value) => value.deref() !== undefined);
    expect(alive.length).toBeLessThan(20);
  });
});

function collectGarbage(): void {
  // Node's own function, which the flag adds to new contexts.
  const collect = runInNewContext('gc') as () => void;
  collect();
}
