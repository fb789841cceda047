import type { Clock } from '../core/ports.ts';
import type { ConfigFacts } from './config-facts.ts';

/** Tracks whether the current configuration file is in force. */
export class ConfigStatus {
  /** Whether the last attempt to take up the file succeeded. */
  isCurrent = true;
  /** Settings of the file that only a restart takes up. */
  needRestart: readonly string[] = [];
  /** When a configuration last came into force, in Unix milliseconds. */
  inForceSinceMs: number;
  /** What metrics show of the configuration in force; `undefined` before the first one. */
  facts: ConfigFacts | undefined;
  private readonly clock: Pick<Clock, 'wallMs'>;

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.clock = clock;
    this.inForceSinceMs = clock.wallMs();
  }

  accepted(needRestart: readonly string[]): void {
    this.isCurrent = true;
    this.needRestart = needRestart;
    this.inForceSinceMs = this.clock.wallMs();
  }

  refused(): void {
    this.isCurrent = false;
  }
}
