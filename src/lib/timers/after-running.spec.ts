import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { SimulatedTime } from '../../../test/support/simulated-time.ts';
import { systemTimers } from '../clock.ts';
import { afterRunning } from './after-running.ts';

it('afterRunning() works once, after its delay', async () => {
  const time = new SimulatedTime();
  const work = vi.fn();
  afterRunning(time, 5_000, work);
  await time.advance(4_999);
  expect(work).not.toHaveBeenCalled();
  await time.advance(1);
  expect(work).toHaveBeenCalledTimes(1);
  expect(time.pending).toBe(0);
});

it('afterRunning() does not work after it was cancelled', async () => {
  const time = new SimulatedTime();
  const work = vi.fn();
  const cancel = afterRunning(time, 5_000, work);
  await time.advance(3_000);
  cancel();
  expect(time.pending).toBe(0);
  await time.advance(60_000);
  expect(work).not.toHaveBeenCalled();
});

it('afterRunning() counts a pause of the process as a tenth of the delay at most', async () => {
  const time = new SimulatedTime();
  const work = vi.fn();
  afterRunning(time, 5_000, work);
  await time.advance(1_000);
  time.nowMs += 20_000;
  await time.advance(3_499);
  expect(work).not.toHaveBeenCalled();
  await time.advance(1);
  expect(work).toHaveBeenCalledTimes(1);
});

it('afterRunning() lets this process read what has arrived while its event loop was blocked', async () => {
  let isRead = false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  afterRunning(systemTimers, 50, () => resolve(isRead));
  const alive = setInterval(() => {}, 1_000);
  // Done by the event loop after the timers that are due, like a read.
  void turn().then(() => (isRead = true));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  expect(await promise).toBe(true);
  clearInterval(alive);
});
