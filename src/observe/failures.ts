import type { Clock } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';

/** Counts the failures of parts since the start. */
export class Failures {
  store = 0;
  /** Failures of any other part, and bugs. */
  other = 0;
  /** Audit lines that could not be written to their file. */
  audit = 0;
  /** Refresh tokens that were used a second time. */
  refreshReuses = 0;
  /** Exports of telemetry that failed, by signal. */
  readonly exports = new Map<string, number>();
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private storeFailedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  /** Counts a failure. Returns the part that failed. */
  count(error: unknown): 'store' | 'other' {
    if (!isOfStore(error)) {
      this.other += 1;
      return 'other';
    }
    this.store += 1;
    this.storeFailedAtMs = this.clock.monotonicMs();
    return 'store';
  }

  countExport(signal: string): void {
    this.exports.set(signal, (this.exports.get(signal) ?? 0) + 1);
  }

  /** Returns the seconds since the store last failed; `Infinity` if it never did. */
  storeFailedSecondsAgo(): number {
    return (this.clock.monotonicMs() - this.storeFailedAtMs) / 1_000;
  }
}

function isOfStore(error: unknown): boolean {
  return error instanceof StoreError || (error instanceof Error && error.cause !== undefined && isOfStore(error.cause));
}
