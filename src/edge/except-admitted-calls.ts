import type { Allow } from '../core/decision.ts';
import type { DecisionObserver } from '../core/ports.ts';
import type { Route } from '../core/route.ts';

/** Wraps an observer so that it does not receive the admission of calls by these rules. */
export function exceptAdmittedCalls(observer: DecisionObserver, routes: readonly Route[]): DecisionObserver {
  const calls = new Set(routes);
  const isAdmittedCall = ({ route }: Allow): boolean => route !== undefined && calls.has(route);
  return {
    decided: (request, decision, timing, beganMs) => {
      if (decision.outcome === 'allow' && isAdmittedCall(decision)) return;
      observer.decided(request, decision, timing, beganMs);
    },
    failed: (error, request) => observer.failed(error, request),
  };
}
