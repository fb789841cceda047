import type { RouteConditions } from './route-conditions.ts';
import { claimConditionText } from './route-conditions.ts';
import type { AuthAge } from './step-up.ts';

/** What a route requires of a caller besides scopes, in words: `tenant is "{path.tenant}", and acr is "gold"`. */
export function conditionsText({ claims, stepUp, decisionPoint }: RouteConditions): string {
  const parts = claims.map((condition) => `${condition.key} is ${claimConditionText(condition)}`);
  if (stepUp?.acr !== undefined) parts.push(`acr is ${stepUp.acr.map((value) => JSON.stringify(value)).join(' or ')}`);
  if (stepUp?.authAge !== undefined) parts.push(authAgeText(stepUp.authAge));
  if (decisionPoint !== undefined) parts.push(`${decisionPoint.name} permits it`);
  return parts.join(', and ');
}

function authAgeText({ atMostSeconds }: AuthAge): string {
  return `the user authenticated at most ${atMostSeconds} s ago`;
}
