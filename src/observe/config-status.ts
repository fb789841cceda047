import type { Clock } from '../core/ports.ts';

/** Tracks whether the current configuration file is in force. */
export class ConfigStatus {
  /** Whether the last attempt to take up the file succeeded. */
  isCurrent = true;
  /** When a configuration last came into force, in Unix milliseconds. */
  inForceSinceMs: number;
  private readonly clock: Pick<Clock, 'wallMs'>;

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.clock = clock;
    this.inForceSinceMs = clock.wallMs();
  }

  accepted(): void {
    this.isCurrent = true;
    this.inForceSinceMs = this.clock.wallMs();
  }

  refused(): void {
    this.isCurrent = false;
  }
}
