import type { Clock } from '../../core/ports.ts';

/** The wall clock's readings are whole milliseconds, rounded down. */
const ROUNDED_MS = 1;

/**
 * Unix times with fractions of a millisecond, from the monotonic clock. `Date.now` alone would let a span of a few
 * microseconds begin before its parent. Follows the wall clock when that is set.
 */
export class WallTimes {
  private readonly clock: Clock;
  private offsetMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.offsetMs = clock.wallMs() - clock.monotonicMs();
  }

  /** Returns the Unix milliseconds of a recent reading of the monotonic clock. */
  at(monotonicMs: number): number {
    const offMs = this.clock.wallMs() - (this.clock.monotonicMs() + this.offsetMs);
    if (offMs > 0) this.offsetMs += offMs;
    else if (offMs < -ROUNDED_MS) this.offsetMs += offMs + ROUNDED_MS;
    return monotonicMs + this.offsetMs;
  }
}
