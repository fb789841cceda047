import type { Clock } from '../../core/ports.ts';
import { SingleFlight } from '../../lib/caches/single-flight.ts';
import type { Timers } from '../../lib/clock.ts';
import { backOff } from '../../lib/timers/back-off.ts';

/** How long demands are ignored after a successful refresh, so that a flood of unknown `kid`s does not reach the issuer. */
const COOL_DOWN_MS = 10_000;
const RETRY = { firstMs: 1_000, longestMs: 60_000, jitter: 1 / 4 };

export interface RefresherParts {
  /** Refreshes. Resolves to the milliseconds until the next refresh; rejects on failure. */
  readonly refresh: (signal: AbortSignal) => Promise<number>;
  /** Called for each failure. Must not throw. */
  readonly failed: (error: unknown) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  /** From 0 to below 1: how far a wait is shortened, so that instances do not refresh at the same time. */
  readonly random: () => number;
}

/**
 * Refreshes periodically, one refresh at a time. A demand causes an earlier refresh, but not within the cool-down.
 * After failures the wait doubles up to a minute, and demands do not shorten it. The first demand starts the schedule.
 */
export class Refresher {
  private readonly parts: RefresherParts;
  private readonly closing = new AbortController();
  private readonly attempts = new SingleFlight(() => this.attempt());
  private notBeforeMs = Number.NEGATIVE_INFINITY;
  private failuresInARow = 0;
  private cancelTimer: () => void = () => undefined;

  constructor(parts: RefresherParts) {
    this.parts = parts;
  }

  /** The failed refreshes since the last successful one; 0 while the first is running. */
  get failures(): number {
    return this.failuresInARow;
  }

  /** Resolves when the refresh that is running or may start now ends; at once if none may start. Never rejects. */
  demand(): Promise<void> {
    const mayRun = this.attempts.running !== undefined || this.parts.clock.monotonicMs() >= this.notBeforeMs;
    return mayRun ? this.run() : Promise.resolve();
  }

  /** Like {@link demand}, but neither a cool-down nor the refresh that is running stands in for the new one. */
  async renew(): Promise<void> {
    await this.attempts.running;
    if (!this.closing.signal.aborted) await this.run();
  }

  /** Stops for good and aborts the running refresh. */
  close(): void {
    this.notBeforeMs = Number.POSITIVE_INFINITY;
    this.cancelTimer();
    this.closing.abort(new Error('it is no longer needed'));
  }

  private run(): Promise<void> {
    this.cancelTimer();
    return this.attempts.run();
  }

  private async attempt(): Promise<void> {
    try {
      const nextMs = await this.parts.refresh(this.closing.signal);
      this.failuresInARow = 0;
      // The jitter of a tenth only shortens the wait.
      this.wait(COOL_DOWN_MS, nextMs * (1 - this.parts.random() / 10));
    } catch (error) {
      this.failuresInARow += 1;
      const retryMs = backOff(RETRY, this.failuresInARow - 1, this.parts.random);
      this.wait(retryMs, retryMs);
      if (!this.closing.signal.aborted) this.parts.failed(error);
    }
  }

  private wait(coolDownMs: number, nextMs: number): void {
    if (this.closing.signal.aborted) return;
    this.notBeforeMs = this.parts.clock.monotonicMs() + coolDownMs;
    this.cancelTimer = this.parts.timers.after(nextMs, () => void this.run());
  }
}
