import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/request.ts';

/** The clocks of this machine. */
export const systemClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** The present instant. */
export function instantOf(clock: Clock): Instant {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** The instant `laterMs` milliseconds from now. */
export function instantAfter(clock: Clock, laterMs: number): Instant {
  return { monotonicMs: clock.monotonicMs() + laterMs, wallMs: clock.wallMs() + laterMs };
}

/** Delayed work, injected so that tests control the time. */
export interface Timers {
  /** Does `work` once after `delayMs` milliseconds. Returns what cancels it, which does nothing afterwards. */
  after(delayMs: number, work: () => void): () => void;
}

/** Node's own timers. They keep no process alive. */
export const systemTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
