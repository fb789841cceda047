/**
 * One moment, read from both clocks. Compare both: the monotonic one may stand still while the machine is suspended.
 */
export interface Instant {
  readonly monotonicMs: number;
  /** Unix milliseconds. */
  readonly wallMs: number;
}
