import type { FastifyRequest } from 'fastify';
import type { Decision, Deny } from '../../core/decision.ts';
import type { DecisionObserver } from '../../core/ports.ts';
import { callAccess } from '../http/call-access.ts';

/**
 * Holds the decisions about admitted calls until they are answered. A call may still be denied while it is handled,
 * because of a password in its body or because the caller's authority has ended. So its decision is reported once, with
 * the response.
 */
export class CallDecisions {
  private readonly observer: Pick<DecisionObserver, 'decided'>;
  private readonly decisions = new WeakMap<FastifyRequest, Decision>();

  constructor(observer: Pick<DecisionObserver, 'decided'>) {
    this.observer = observer;
  }

  /** Records the decision about the caller. The decider's observer has already reported a denial. */
  decided(request: FastifyRequest, decision: Decision): void {
    if (decision.outcome === 'allow') this.decisions.set(request, decision);
    else this.decisions.delete(request);
  }

  /** Records that an admitted call was denied after all. */
  denied(request: FastifyRequest, denial: Deny): void {
    const admitted = this.decisions.get(request);
    if (admitted === undefined) return;
    const { route, credential } = admitted;
    this.decisions.set(request, { ...denial, route, credential });
  }

  /** Reports the decision. Called just before the response is sent. */
  report(request: FastifyRequest): void {
    const decision = this.decisions.get(request);
    if (decision !== undefined) this.observer.decided(callAccess(request, 'tokens'), decision);
    this.decisions.delete(request);
  }
}
