import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../log/logger.ts';

/** Logs the events of policy decision points, with one method for each event. */
export class DecisionPointEvents {
  private readonly log: Pick<Logger, 'info' | 'error'>;

  constructor(log: Pick<Logger, 'info' | 'error'>) {
    this.log = log;
  }

  /** @param failures how many in a row. */
  decisionPointFailed(decisionPoint: string, error: unknown, failures: number): void {
    const facts = { decisionPoint, failures, cause: messageOf(error) };
    this.log.error(facts, 'decision point fails: routes that ask it deny every request');
  }

  decisionPointMisconfigured(decisionPoint: string, error: unknown): void {
    const message = 'decision point is misconfigured: it refuses headers and tokenFile';
    this.log.error({ decisionPoint, cause: messageOf(error) }, message);
  }

  decisionPointRecovered(decisionPoint: string, failures: number): void {
    this.log.info({ decisionPoint, failures }, 'decision point works again');
  }
}
