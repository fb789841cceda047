import { expect, it } from 'vitest';
import { LastUses } from './last-uses.ts';

function setUp() {
  const time = { nowMs: 10_000 };
  const uses = new Map<string, number>();
  const written: (readonly [string, number])[][] = [];
  const errors: unknown[] = [];
  const store = { broken: false };
  const lastUses = new LastUses({
    known: { usedSince: (afterMs) => new Map([...uses].filter(([, atMs]) => atMs > afterMs)) },
    tokens: {
      markUsed: async (batch) => {
        if (store.broken) throw new Error('store down');
        written.push([...batch]);
      },
    },
    clock: { wallMs: () => time.nowMs },
    failed: (error) => errors.push(error),
  });
  return { time, uses, written, errors, store, lastUses };
}

it('LastUses.write() writes each use once, in whole seconds', async () => {
  const { time, uses, written, lastUses } = setUp();
  uses.set('a', 9_999).set('b', 5_500);
  await lastUses.write();
  time.nowMs = 20_000;
  uses.set('b', 15_000);
  await lastUses.write();
  await lastUses.close();
  expect(written).toEqual([
    [
      ['a', 9],
      ['b', 5],
    ],
    [['b', 15]],
  ]);
});

it('LastUses.close() writes many uses in batches', async () => {
  const { uses, written, lastUses } = setUp();
  for (let index = 0; index < 2_500; index++) uses.set(`t${index}`, 9_000);
  await lastUses.close();
  expect(written.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
});

it('LastUses.close() writes the remaining uses, and those whose write failed', async () => {
  const { uses, written, errors, store, lastUses } = setUp();
  uses.set('a', 9_000);
  store.broken = true;
  await lastUses.write();
  expect(errors).toEqual([new Error('store down')]);
  store.broken = false;
  await lastUses.close();
  expect(written).toEqual([[['a', 9]]]);
});
