import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackgroundJob } from './background-job.ts';

/** Work whose end the test decides. */
function makeWork() {
  const runs: PromiseWithResolvers<void>[] = [];
  const work = (): Promise<void> => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  const begun = (count: number): Promise<void> => expect.poll(() => runs.length, { interval: 5 }).toBe(count);
  return { runs, work, begun };
}

describe('BackgroundJob', () => {
  it('runs once at a time, and once more for all calls that arrive meanwhile', async () => {
    const { runs, work, begun } = makeWork();
    const job = new BackgroundJob(work);
    const first = job.run();
    await begun(1);
    let isOver = false;
    const later = Promise.all([job.run(), job.run()]).then(() => (isOver = true));
    runs[0]?.resolve();
    await first;
    await begun(2);
    expect(isOver).toBe(false);
    runs[1]?.resolve();
    await later;
    await wait(50);
    expect(runs).toHaveLength(2);
  });

  it('reports a failure to the caller, and retries until it succeeds', async () => {
    const { runs, work, begun } = makeWork();
    const first = new BackgroundJob(work).run();
    await begun(1);
    const failedMs = performance.now();
    runs[0]?.reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await expect.poll(() => runs.length, { timeout: 10_000 }).toBe(2);
    expect(performance.now() - failedMs).toBeGreaterThan(900);
    runs[1]?.resolve();
    await wait(1_200);
    expect(runs).toHaveLength(2);
  });

  it('waits before it runs, and serves all calls that arrive meanwhile', async () => {
    const { runs, work, begun } = makeWork();
    const job = new BackgroundJob(work, 500);
    const asked = [job.run(), job.run()];
    await wait(20);
    expect(runs).toHaveLength(0);
    asked.push(job.run());
    await begun(1);
    runs[0]?.resolve();
    await Promise.all(asked);
    await wait(700);
    expect(runs).toHaveLength(1);
  });

  it('does nothing once it has ended', async () => {
    const { runs, work, begun } = makeWork();
    const [failing, waiting] = [new BackgroundJob(work), new BackgroundJob(work, 100)];
    const failed = failing.run();
    await begun(1);
    runs[0]?.reject(new Error('gone'));
    await expect(failed).rejects.toThrow('gone');
    const left = [waiting.run(), failing.run()];
    for (const job of [failing, waiting]) job.end();
    for (const promise of [...left, failing.run()]) await expect(promise).rejects.toThrow(/./);
    await wait(1_200);
    expect(runs).toHaveLength(1);
  });
});
