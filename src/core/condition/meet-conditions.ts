import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Deny, Need } from '../decision.ts';
import { denyKnown } from '../decision.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { AccessRequest, Moment } from '../request.ts';
import type { Route } from '../route.ts';
import { failedClaim, failedCondition } from './route-conditions.ts';
import type { DecisionPointUse } from './ruling.ts';
import type { RuledRequest } from './ruling-question.ts';
import { questionOf } from './ruling-question.ts';

/**
 * The step `condition`: what a route requires of its caller besides scopes. Its policy decision point is asked last, and only
 * about a request that may pass by everything else.
 */
export function meetConditions(
  credential: VerifiedCredential,
  route: Route,
  request: AccessRequest,
  path: string,
  known: Knowledge,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const { where } = route;
  if (where === undefined) return credential;
  const failed = failedCondition(where, credential, path, moment.wallMs);
  if (failed === undefined) {
    const { decisionPoint } = where;
    return decisionPoint === undefined
      ? credential
      : awaitRuling(
          decisionPoint,
          credential,
          route,
          { method: request.method, host: request.host, path },
          known,
          moment,
        );
  }
  if (failed !== 'where') return denyKnown('step_up_required', route, failed, credential);
  return {
    ...denyKnown('condition_failed', route, failed, credential),
    failedClaim: failedClaim(where, credential, path),
  };
}

/** Passes only what the policy decision point of the route permits. */
function awaitRuling(
  decisionPoint: DecisionPointUse,
  credential: VerifiedCredential,
  route: Route,
  request: RuledRequest,
  known: Knowledge,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const question = questionOf(decisionPoint, credential, route.pattern, request);
  if (question === undefined) return denyKnown('condition_failed', route, 'no subject', credential);
  const ruling = known.ruling?.(question, moment);
  switch (ruling?.outcome) {
    case undefined:
      return { outcome: 'need', what: 'ruling', question };
    case 'permitted':
      return credential;
    case 'refused':
      return denyKnown('condition_failed', route, 'ruling', credential);
    case 'failed': {
      const check = { name: 'decision point', decisionPoint: decisionPoint.name, failure: ruling.failure } as const;
      return denyKnown('unavailable', route, check, credential);
    }
  }
}
