import type { Clock } from '../../core/ports.ts';
import { backOff } from '../../lib/back-off.ts';
import type { Timers } from '../../lib/clock.ts';
import { SingleFlight } from '../../lib/single-flight.ts';

/** After a refresh that went well, how long demands change nothing: a flood of unknown `kid`s is not passed on. */
const COOL_DOWN_MS = 10_000;
const RETRY = { firstMs: 1_000, longestMs: 60_000, jitter: 1 / 4 };

export interface RefresherParts {
  /** Refreshes; resolves to the milliseconds until it should be done again, rejects where it failed. */
  readonly refresh: (signal: AbortSignal) => Promise<number>;
  /** Told of each failure. Must not throw. */
  readonly failed: (error: unknown) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  /** From 0 to below 1: how far a wait is shortened, so that instances do not ask at one moment. */
  readonly random: () => number;
}

/**
 * Does one thing again and again: unasked, one at a time; sooner on demand, though never within the cool-down; and
 * after failures with waits that double up to a minute, demanded or not. The first demand begins it.
 */
export class Refresher {
  private readonly parts: RefresherParts;
  private readonly closing = new AbortController();
  private readonly attempts = new SingleFlight(() => this.attempt());
  private notBeforeMs = Number.NEGATIVE_INFINITY;
  private failuresInARow = 0;
  private callOff: () => void = () => undefined;

  constructor(parts: RefresherParts) {
    this.parts = parts;
  }

  /** How many failed since the last that went well; 0 while the first is under way. */
  get failures(): number {
    return this.failuresInARow;
  }

  /** Resolves with the end of the refresh that runs or may begin now; at once where none may. Never rejects. */
  demand(): Promise<void> {
    const mayBegin = this.attempts.running !== undefined || this.parts.clock.monotonicMs() >= this.notBeforeMs;
    return mayBegin ? this.run() : Promise.resolve();
  }

  /** Ends for good, with the refresh that runs. */
  close(): void {
    this.notBeforeMs = Number.POSITIVE_INFINITY;
    this.callOff();
    this.closing.abort(new Error('it is no longer needed'));
  }

  private run(): Promise<void> {
    this.callOff();
    return this.attempts.run();
  }

  private async attempt(): Promise<void> {
    try {
      const againMs = await this.parts.refresh(this.closing.signal);
      this.failuresInARow = 0;
      // A tenth of jitter: what was asked for is never passed.
      this.wait(COOL_DOWN_MS, againMs * (1 - this.parts.random() / 10));
    } catch (error) {
      this.failuresInARow += 1;
      const retryMs = backOff(RETRY, this.failuresInARow - 1, this.parts.random);
      this.wait(retryMs, retryMs);
      if (!this.closing.signal.aborted) this.parts.failed(error);
    }
  }

  private wait(coolDownMs: number, againMs: number): void {
    if (this.closing.signal.aborted) return;
    this.notBeforeMs = this.parts.clock.monotonicMs() + coolDownMs;
    this.callOff = this.parts.timers.after(againMs, () => void this.run());
  }
}
