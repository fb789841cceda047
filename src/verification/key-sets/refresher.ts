import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';

/** After a refresh that went well, how long demands change nothing: a flood of unknown `kid`s is not passed on. */
const COOL_DOWN_MS = 10_000;
/** Waits after the first failure in a row and, doubled each time, after a long one. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

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
  private running: Promise<void> | undefined;
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
    const mayBegin = this.running !== undefined || this.parts.clock.monotonicMs() >= this.notBeforeMs;
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
    this.running ??= this.attempt().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async attempt(): Promise<void> {
    try {
      const againMs = await this.parts.refresh(this.closing.signal);
      this.failuresInARow = 0;
      // A tenth of jitter: what was asked for is never passed.
      this.wait(COOL_DOWN_MS, againMs * (1 - this.parts.random() / 10));
    } catch (error) {
      this.failuresInARow += 1;
      const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (this.failuresInARow - 1), LAST_RETRY_MS);
      const jitteredMs = retryMs * (1 - this.parts.random() / 4);
      this.wait(jitteredMs, jitteredMs);
      if (!this.closing.signal.aborted) this.parts.failed(error);
    }
  }

  private wait(coolDownMs: number, againMs: number): void {
    if (this.closing.signal.aborted) return;
    this.notBeforeMs = this.parts.clock.monotonicMs() + coolDownMs;
    this.callOff = this.parts.timers.after(againMs, () => void this.run());
  }
}
