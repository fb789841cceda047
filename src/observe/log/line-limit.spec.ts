import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineLimit } from './line-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function limitOf(linesPerSecond: number) {
  const told: number[] = [];
  const clock = { monotonicMs: () => performance.now() };
  const limit = new LineLimit({ linesPerSecond, clock, tell: (suppressed) => told.push(suppressed) });
  const ask = (count: number): number => Array.from({ length: count }, () => limit.admit()).filter(Boolean).length;
  return { limit, told, ask };
}

describe('LineLimit', () => {
  it('admits so many lines at once, and as many each second after', () => {
    const { ask } = limitOf(100);
    expect(ask(5_000)).toBe(100);
    vi.advanceTimersByTime(500);
    expect(ask(5_000)).toBe(50);
    vi.advanceTimersByTime(60_000);
    expect(ask(5_000)).toBe(100);
  });

  it('tells what it left out once a second, as long as it leaves something out', () => {
    const { limit, told, ask } = limitOf(10);
    ask(25);
    vi.advanceTimersByTime(999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([15]);
    ask(13);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([15, 3]);
    expect(limit.suppressed).toBe(18);
  });

  it('tells the rest when it is closed, once', () => {
    const { limit, told, ask } = limitOf(1);
    ask(3);
    limit.close();
    limit.close();
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([2]);
  });
});
