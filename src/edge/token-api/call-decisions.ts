import type { FastifyRequest } from 'fastify';
import type { Allow, Decision, Deny } from '../../core/decision.ts';
import type { DecisionObserver } from '../../core/ports.ts';
import type { Route } from '../../core/route.ts';
import { decodeAccess } from './decode.ts';

/**
 * What was decided about calls that were let pass. A call may still be denied while it is carried out, by a password in
 * its body or because the caller's authority has ended. So it is told once, when it is answered.
 */
export class CallDecisions {
  private readonly observer: Pick<DecisionObserver, 'decided'>;
  private readonly decisions = new WeakMap<FastifyRequest, Decision>();

  constructor(observer: Pick<DecisionObserver, 'decided'>) {
    this.observer = observer;
  }

  /** Whoever calls was let pass, or was denied, which {@link exceptPassedCalls} has told. */
  decided(request: FastifyRequest, decision: Decision): void {
    if (decision.outcome === 'allow') this.decisions.set(request, decision);
    else this.decisions.delete(request);
  }

  /** It was denied afterwards. */
  denied(request: FastifyRequest, denial: Deny): void {
    const passed = this.decisions.get(request);
    if (passed === undefined) return;
    const { route, credential } = passed;
    this.decisions.set(request, { ...denial, route, credential });
  }

  /** It is about to be answered. */
  tell(request: FastifyRequest): void {
    const decision = this.decisions.get(request);
    if (decision !== undefined) this.observer.decided(decodeAccess(request), decision);
    this.decisions.delete(request);
  }
}

/** An observer that is told of everything but calls that were let pass by these rules. */
export function exceptPassedCalls(observer: DecisionObserver, routes: readonly Route[]): DecisionObserver {
  const calls = new Set(routes);
  const isPassedCall = ({ route }: Allow): boolean => route !== undefined && calls.has(route);
  return {
    decided: (request, decision, timing) => {
      if (decision.outcome === 'allow' && isPassedCall(decision)) return;
      observer.decided(request, decision, timing);
    },
    failed: (error, request) => observer.failed(error, request),
  };
}
