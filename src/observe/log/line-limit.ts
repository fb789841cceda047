import type { Clock } from '../../core/ports.ts';

const TELL_MS = 1_000;

export interface LineLimitParts {
  /** How many lines may be written each second, and at once after a quiet second. */
  readonly linesPerSecond: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Tells how many lines were left out since it was last told: at most once a second, and not at all where none were. */
  readonly tell: (suppressed: number) => void;
}

/** A token bucket for log lines, so that a flood of requests becomes no flood of lines. */
export class LineLimit {
  /** Lines left out since the start. */
  suppressed = 0;
  private readonly parts: LineLimitParts;
  private allowance: number;
  private filledAtMs: number;
  private untold = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: LineLimitParts) {
    this.parts = parts;
    this.allowance = parts.linesPerSecond;
    this.filledAtMs = parts.clock.monotonicMs();
  }

  /** Whether one more line may be written now. */
  admit(): boolean {
    this.fill();
    if (this.allowance >= 1) {
      this.allowance -= 1;
      return true;
    }
    this.suppressed += 1;
    this.untold += 1;
    this.timer ??= setTimeout(() => this.close(), TELL_MS).unref();
    return false;
  }

  /** Tells what was not told yet. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.untold > 0) this.parts.tell(this.untold);
    this.untold = 0;
  }

  private fill(): void {
    const { linesPerSecond, clock } = this.parts;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.filledAtMs) * linesPerSecond) / 1_000;
    this.allowance = Math.min(linesPerSecond, this.allowance + earned);
    this.filledAtMs = nowMs;
  }
}
