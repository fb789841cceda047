import type { Clock } from '../core/ports.ts';
import type { ConfigFacts } from './config-facts.ts';

/** Tracks whether the current configuration file is in force. */
export class ConfigStatus {
  /** Whether the last attempt to take up the file succeeded. */
  isCurrent = true;
  /** Whether the file has settings that only a restart takes up. */
  needsRestart = false;
  /** When a configuration last came into force, in Unix milliseconds. */
  inForceSinceMs: number;
  /** What metrics show of the configuration in force; `undefined` before the first one. */
  facts: ConfigFacts | undefined;
  private readonly clock: Pick<Clock, 'wallMs'>;

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.clock = clock;
    this.inForceSinceMs = clock.wallMs();
  }

  accepted(needsRestart: boolean): void {
    this.isCurrent = true;
    this.needsRestart = needsRestart;
    this.inForceSinceMs = this.clock.wallMs();
  }

  refused(): void {
    this.isCurrent = false;
  }
}
