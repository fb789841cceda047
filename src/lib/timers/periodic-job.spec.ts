import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PeriodicJob } from './periodic-job.ts';

describe('PeriodicJob', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs once a minute, and at other intervals if asked to', async () => {
    const [minutely, secondly] = [vi.fn(async () => {}), vi.fn(async () => {})];
    const jobs = [new PeriodicJob(minutely, vi.fn()), new PeriodicJob(secondly, vi.fn(), 1_000)];
    await vi.advanceTimersByTimeAsync(120_000);
    expect([minutely.mock.calls.length, secondly.mock.calls.length]).toEqual([2, 120]);
    for (const job of jobs) await job.close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([minutely.mock.calls.length, secondly.mock.calls.length]).toEqual([3, 121]);
  });

  it('reports a failure, and runs again', async () => {
    const failed = vi.fn();
    const job = new PeriodicJob(() => Promise.reject(new Error('gone')), failed);
    await job.run();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failed.mock.calls).toEqual([[new Error('gone')], [new Error('gone')]]);
    await job.close();
  });

  it('runs once more when it is closed, after the run that is under way', async () => {
    const runs: PromiseWithResolvers<void>[] = [];
    const job = new PeriodicJob(() => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    }, vi.fn());
    const first = job.run();
    expect(job.run()).toBe(first);
    const closed = job.close();
    runs[0]?.resolve();
    await first;
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toHaveLength(2);
    runs[1]?.resolve();
    await closed;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(runs).toHaveLength(2);
  });
});
