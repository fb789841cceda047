import type { Clock } from '../../core/ports.ts';

/** The wall clock's readings are whole milliseconds, rounded down. */
const ROUNDED_MS = 1;

/**
 * What to add to the monotonic clock for Unix times with fractions of a millisecond. `Date.now` alone would let a span of a
 * few microseconds begin before its parent. Follows the wall clock when that is set.
 */
export class WallTimes {
  private readonly clock: Clock;
  private offsetMs: number;

  /** @param offsetMs a first guess, such as `performance.timeOrigin`. */
  constructor(clock: Clock, offsetMs: number) {
    this.clock = clock;
    this.offsetMs = offsetMs;
  }

  /**
   * Returns the offset. Times with one offset are in the right order; a later one may differ.
   *
   * The monotonic clock is read before and after the wall clock: the process may lose the CPU between two readings, and a
   * busy machine would seem to have set its clock back.
   */
  offset(): number {
    const beforeMs = this.clock.monotonicMs();
    const wallMs = this.clock.wallMs();
    const leastMs = wallMs - this.clock.monotonicMs();
    this.offsetMs = Math.max(leastMs, Math.min(this.offsetMs, wallMs + ROUNDED_MS - beforeMs));
    return this.offsetMs;
  }
}
