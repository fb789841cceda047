import type { Clock } from '../../core/ports.ts';

const REPORT_MS = 1_000;

export interface LineLimitParts {
  /** Lines allowed per second; also the largest burst. */
  readonly linesPerSecond: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Called at most once a second with the number of lines left out since the last call, if there are any. */
  readonly report: (suppressed: number) => void;
}

/** A token bucket for log lines, so that a flood of requests does not become a flood of lines. */
export class LineLimit {
  /** Lines left out since the start. */
  suppressed = 0;
  private readonly parts: LineLimitParts;
  private allowance: number;
  private filledAtMs: number;
  private unreported = 0;
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
    this.unreported += 1;
    this.timer ??= setTimeout(() => this.close(), REPORT_MS).unref();
    return false;
  }

  /** Reports the lines left out since the last report. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.unreported > 0) this.parts.report(this.unreported);
    this.unreported = 0;
  }

  private fill(): void {
    const { linesPerSecond, clock } = this.parts;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.filledAtMs) * linesPerSecond) / 1_000;
    this.allowance = Math.min(linesPerSecond, this.allowance + earned);
    this.filledAtMs = nowMs;
  }
}
