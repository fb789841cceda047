import { describe, expect, it } from 'vitest';
import { closeAll } from './opened-parts.ts';

describe('closeAll()', () => {
  it('closes the last one opened first', async () => {
    const closed: number[] = [];
    await closeAll([1, 2, 3].map((part) => async () => void closed.push(part)));
    expect(closed).toEqual([3, 2, 1]);
  });

  it('closes every part although one fails, and rejects afterwards', async () => {
    const closed: number[] = [];
    const parts = [1, 2, 3].map((part) => async () => {
      if (part > 1) throw new Error(`part ${part}`);
      closed.push(part);
    });
    await expect(closeAll(parts)).rejects.toThrow('part 3');
    expect(closed).toEqual([1]);
  });
});
