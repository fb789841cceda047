import type { Clock } from '../core/ports.ts';

/** Tracks whether the current configuration file is in force. */
export class ConfigStatus {
  /** Whether the last attempt to take up the file succeeded. */
  isCurrent = true;
  /** When a configuration last came into force, in Unix milliseconds. */
  takenAtMs: number;
  private readonly clock: Pick<Clock, 'wallMs'>;

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.clock = clock;
    this.takenAtMs = clock.wallMs();
  }

  taken(): void {
    this.isCurrent = true;
    this.takenAtMs = this.clock.wallMs();
  }

  refused(): void {
    this.isCurrent = false;
  }
}
