import type { Decision } from '../../core/decision.ts';
import type { DecisionObserver } from '../../core/ports.ts';
import type { Route } from '../../core/route.ts';
import type { AnyCall, Caller, Outcome } from './call.ts';
import { routeOf } from './routes.ts';

/** Whether a call may deny what its admission let pass, by a password in its body for one. */
export function deniesLate({ denials = [] }: AnyCall): boolean {
  return denials.length > 0;
}

/** An observer that is not told that such calls were let pass: whoever carries them out tells it what became of them. */
export function exceptEarlyPasses(observer: DecisionObserver, calls: readonly AnyCall[]): DecisionObserver {
  const late = new Set(calls.filter(deniesLate).map((call) => nameOf(routeOf(call))));
  return {
    decided: (request, decision, timing) => {
      const isEarly = decision.outcome === 'allow' && decision.route !== undefined && late.has(nameOf(decision.route));
      if (!isEarly) observer.decided(request, decision, timing);
    },
    failed: (error) => observer.failed(error),
  };
}

/** What was decided about a call that has been carried out. */
export function decisionOf(call: AnyCall, caller: Caller | undefined, outcome: Outcome): Decision {
  const facts = { route: routeOf(call), credential: caller?.credential };
  return outcome.outcome === 'deny' ? { ...outcome, ...facts } : { outcome: 'allow', ...facts, shadowed: undefined };
}

function nameOf({ methods, pattern }: Route): string {
  return `${methods.join()} ${pattern}`;
}
