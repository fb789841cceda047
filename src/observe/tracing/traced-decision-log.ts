import type { Decision } from '../../core/decision.ts';
import type { Timing } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { DecisionLog } from '../log/decision-log.ts';
import type { Tracing } from './tracing.ts';

/** The decision log, which names the span of each decision that has one. */
export class TracedDecisionLog {
  private readonly log: Pick<DecisionLog, 'record'>;
  private readonly tracing: Pick<Tracing, 'decided' | 'name'>;

  constructor(log: Pick<DecisionLog, 'record'>, tracing: Pick<Tracing, 'decided' | 'name'>) {
    this.log = log;
    this.tracing = tracing;
  }

  /** Ends the span of the decision, and writes its line. @param beganMs in monotonic milliseconds. */
  record(request: AccessRequest, decision: Decision, timing?: Timing, beganMs?: number): void {
    const span = this.tracing.decided(request, decision, timing, beganMs);
    if (span === undefined) this.log.record(request, decision);
    else this.tracing.name(span, () => this.log.record(request, decision));
  }
}
