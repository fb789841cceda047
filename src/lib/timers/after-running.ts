import type { Timers } from '../clock.ts';

const STEPS = 10;

/**
 * Does `work` once after `delayMs` milliseconds in which this process ran. While the process is stopped, its machine
 * sleeps or its event loop is blocked, at most a tenth of the delay passes, and what has arrived meanwhile is read before
 * the next tenth begins. So the time for an answer of another process does not end while this one cannot read it. Returns
 * what cancels it.
 */
export function afterRunning(timers: Timers, delayMs: number, work: () => void): () => void {
  const stepMs = delayMs / STEPS;
  let left = STEPS;
  const step = (): void => {
    left -= 1;
    if (left === 0) work();
    else cancel = timers.after(stepMs, step);
  };
  let cancel = timers.after(stepMs, step);
  return () => cancel();
}
