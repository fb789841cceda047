import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineLimit } from './line-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function limitOf(linesPerSecond: number) {
  const reports: number[] = [];
  const clock = { monotonicMs: () => performance.now() };
  const limit = new LineLimit({ linesPerSecond, clock, report: (suppressed) => reports.push(suppressed) });
  const admit = (count: number): number => Array.from({ length: count }, () => limit.admit()).filter(Boolean).length;
  return { limit, reports, admit };
}

describe('LineLimit', () => {
  it('admits a burst of one second of lines, then the rate', () => {
    const { admit } = limitOf(100);
    expect(admit(5_000)).toBe(100);
    vi.advanceTimersByTime(500);
    expect(admit(5_000)).toBe(50);
    vi.advanceTimersByTime(60_000);
    expect(admit(5_000)).toBe(100);
  });

  it('reports left-out lines once a second', () => {
    const { limit, reports, admit } = limitOf(10);
    admit(25);
    vi.advanceTimersByTime(999);
    expect(reports).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reports).toEqual([15]);
    admit(13);
    vi.advanceTimersByTime(10_000);
    expect(reports).toEqual([15, 3]);
    expect(limit.suppressed).toBe(18);
  });

  it('reports the remaining lines once when it is closed', () => {
    const { limit, reports, admit } = limitOf(1);
    admit(3);
    limit.close();
    limit.close();
    vi.advanceTimersByTime(5_000);
    expect(reports).toEqual([2]);
  });
});
