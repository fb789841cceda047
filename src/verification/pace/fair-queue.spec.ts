import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

function all(queue: FairQueue<string>): string[] {
  const taken: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken;
}

describe('FairQueue', () => {
  it('serves one source in order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a', 'b', 'c']) queue.add('x', item);
    expect([queue.size, all(queue), queue.size]).toEqual([3, ['a', 'b', 'c'], 0]);
  });

  it('serves the sources in turns', () => {
    const queue = new FairQueue<string>();
    for (let index = 0; index < 4; index++) queue.add('flood', `f${index}`);
    queue.add('one', 'a');
    queue.add('two', 'b');
    queue.add('two', 'c');
    expect(all(queue)).toEqual(['f0', 'a', 'b', 'f1', 'c', 'f2', 'f3']);
  });

  it('is bounded for one source, and has room for another all the same', () => {
    const queue = new FairQueue<string>();
    const added = Array.from({ length: 5_000 }, (_, index) => queue.add('flood', String(index))).filter(Boolean);
    expect(added).toHaveLength(1_024);
    expect(queue.add('other', 'good')).toBe(true);
    expect(queue.add('flood', 'more')).toBe(false);
    expect([queue.take(), queue.take()]).toEqual(['0', 'good']);
  });

  it('has room for another source although several flood it', () => {
    const queue = new FairQueue<string>();
    for (let index = 0; index < 20_000; index++) queue.add(`flood ${index % 8}`, 'x');
    expect(queue.add('other', 'good')).toBe(true);
  });

  it('is bounded for many sources', () => {
    const queue = new FairQueue<string>();
    for (let index = 0; index < 100_000; index++) queue.add(`source ${index % 20_000}`, 'x');
    expect(queue.size).toBe(4_096);
    expect(all(queue)).toHaveLength(4_096);
  });
});
