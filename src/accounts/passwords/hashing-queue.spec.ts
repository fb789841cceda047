import { describe, expect, it } from 'vitest';
import type { Precedence } from './hashing-queue.ts';
import { HashingQueue } from './hashing-queue.ts';

function setUp() {
  const queue = new HashingQueue();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const run = (name: string, precedence: Precedence) =>
    queue.run(async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      order.push(name);
      running -= 1;
      return name;
    }, precedence);
  return { queue, order, run, open: () => gate.resolve(), most: () => most };
}

const doneOf = (all: readonly { readonly outcome: string }[]) => all.filter(({ outcome }) => outcome === 'done').length;

describe('HashingQueue', () => {
  it('lets strangers fill half of the places and keeps the other half for familiar callers', async () => {
    const { queue, run, open } = setUp();
    const strangers = Array.from({ length: 40 }, (_, index) => run(`stranger ${index}`, 'stranger'));
    expect([queue.hasRoom('stranger'), queue.hasRoom('familiar')]).toEqual([false, true]);
    const familiar = Array.from({ length: 40 }, (_, index) => run(`familiar ${index}`, 'familiar'));
    expect(queue.hasRoom('familiar')).toBe(false);
    open();
    expect([doneOf(await Promise.all(strangers)), doneOf(await Promise.all(familiar))]).toEqual([2 + 16, 16]);
  });

  it('alternates between familiar callers and strangers', async () => {
    const { run, order, open } = setUp();
    const all = Array.from({ length: 5 }, (_, index) => run(`s${index}`, 'stranger'));
    all.push(...Array.from({ length: 5 }, (_, index) => run(`f${index}`, 'familiar')));
    open();
    await Promise.all(all);
    expect(order).toEqual(['s0', 's1', 'f0', 's2', 'f1', 's3', 'f2', 's4', 'f3', 'f4']);
  });

  it('runs two tasks at a time, and continues after a task fails', async () => {
    const { queue, run, open, most } = setUp();
    const broken = Array.from({ length: 3 }, () => queue.run(() => Promise.reject(new Error('broken')), 'stranger'));
    const all = Array.from({ length: 8 }, (_, index) => run(String(index), 'stranger'));
    for (const one of broken) await expect(one).rejects.toThrow('broken');
    open();
    await Promise.all(all);
    expect(most()).toBe(2);
    expect(await run('again', 'stranger')).toEqual({ outcome: 'done', value: 'again' });
  });
});
