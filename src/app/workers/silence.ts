import type { Timers } from '../../lib/clock.ts';

const SECOND_MS = 1_000;

/** How long a worker has not been heard of. */
export interface Silence {
  /** The whole seconds since its last message. */
  readonly seconds: number;
  /** It has sent a message: the seconds count from 0 again. */
  broken(): void;
  /** Counts no further. */
  end(): void;
}

/**
 * Counts the seconds in which a worker sends nothing. A second counts once this process has waited for it: one in which
 * this process was stopped or busy is none of the worker's, whose messages may wait to be read.
 *
 * @param counted called after each second.
 */
export function measureSilence(timers: Timers, counted: (seconds: number) => void): Silence {
  let seconds = 0;
  const count = (): void => {
    // Before the call, which may end it.
    cancel = timers.after(SECOND_MS, count);
    seconds += 1;
    counted(seconds);
  };
  let cancel = timers.after(SECOND_MS, count);
  return {
    get seconds() {
      return seconds;
    },
    broken: () => void (seconds = 0),
    end: () => cancel(),
  };
}
