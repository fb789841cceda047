import type { Clock } from '../core/ports.ts';

/** Whether the configuration file as it is now is the one in force. */
export class ConfigStatus {
  /** Whether the last attempt to take up the file succeeded. */
  isCurrent = true;
  /** Unix milliseconds at which a configuration was last taken up. */
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
