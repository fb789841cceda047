/** Allows work for a share of the time, and some of it at once. */
export class TimeBudget {
  private readonly burstMs: number;
  private readonly share: number;
  private leftMs: number;
  private asOfMs = Number.NEGATIVE_INFINITY;

  /**
   * @param burstMs the most work at once, in milliseconds.
   * @param share the part of the time that work may take in the long run.
   */
  constructor(burstMs: number, share: number) {
    this.burstMs = burstMs;
    this.share = share;
    this.leftMs = burstMs;
  }

  /** Whether there is time for work that takes `costMs`, which is taken then. @param nowMs monotonic. */
  take(costMs: number, nowMs: number): boolean {
    this.leftMs = Math.min(this.burstMs, this.leftMs + (nowMs - this.asOfMs) * this.share);
    this.asOfMs = nowMs;
    if (costMs > this.leftMs) return false;
    this.leftMs -= costMs;
    return true;
  }
}
