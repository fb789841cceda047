import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Repeats } from './repeats.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function bench() {
  const repeats = new Repeats();
  const lines: string[] = [];
  const fail = (name: string): void => repeats.tell(name, ({ repeated = 0 }) => lines.push(`${name} ${repeated}`));
  return { repeats, lines, fail };
}

describe('Repeats', () => {
  it('writes the first of a kind at once, and the number of further ones every ten seconds', () => {
    const { repeats, lines, fail } = bench();
    for (let time = 0; time < 25_000; time += 10) {
      fail('store');
      vi.advanceTimersByTime(10);
    }
    expect(lines).toEqual(['store 0', 'store 999', 'store 1000']);
    vi.advanceTimersByTime(5_000);
    expect(lines.at(-1)).toBe('store 500');
    expect(repeats.suppressed).toBe(2_499);
  });

  it('writes a kind at once again after ten quiet seconds', () => {
    const { lines, fail } = bench();
    fail('store');
    vi.advanceTimersByTime(10_001);
    fail('store');
    expect(lines).toEqual(['store 0', 'store 0']);
  });

  it('counts each kind separately', () => {
    const { lines, fail } = bench();
    for (const name of ['store', 'keys', 'store']) fail(name);
    expect(lines).toEqual(['store 0', 'keys 0']);
  });

  it('limits the number of kinds', () => {
    const { repeats, lines, fail } = bench();
    for (let index = 0; index < 5_000; index++) fail(`kind ${index}`);
    expect(lines).toHaveLength(101);
    repeats.close();
    expect(lines).toHaveLength(102);
    expect(lines.at(-1)).toBe('kind 4999 4899');
  });

  it('writes the remaining lines when it is closed, and none afterwards', () => {
    const { repeats, lines, fail } = bench();
    for (const name of ['store', 'store', 'keys']) fail(name);
    repeats.close();
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual(['store 0', 'keys 0', 'store 1']);
  });
});
