import type { ClaimPath } from '../claims/claim-path.ts';
import type { ClaimCondition, Condition } from '../claims/condition.ts';
import { conditionText, meetsCondition } from '../claims/condition.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { PathTemplate } from './path-template.ts';
import { templateValues } from './path-template.ts';
import type { DecisionPointUse } from './ruling.ts';
import type { StepUp } from './step-up.ts';
import { ACR, AUTH_TIME, authAgeEndMs, failedStepUp } from './step-up.ts';

/** What a route requires of a caller besides scopes (`routes[].where`). */
export interface RouteConditions {
  readonly claims: readonly RouteClaim[];
  /** How the caller must have authenticated; `undefined` for no requirement. */
  readonly stepUp: StepUp | undefined;
  /** The policy decision point that must permit the request; `undefined` for none. */
  readonly decisionPoint?: DecisionPointUse | undefined;
}

/** What one claim must be. */
export interface RouteClaim extends ClaimCondition {
  /** `claimKey` of the claim. */
  readonly key: string;
  /** Further values of the condition, which is `equals` or `contains` then. */
  readonly templates: readonly PathTemplate[];
}

/** A check of the conditions that failed. */
export type ConditionCheck = 'where' | 'acr' | 'auth_time';

/**
 * The first condition that a credential does not meet, claims first: a caller that may not pass anyway need not
 * authenticate again. A credential without claims, such as a password, meets none.
 *
 * @param path as `readPath` returned it.
 * @param nowMs Unix milliseconds.
 */
export function failedCondition(
  { claims, stepUp }: RouteConditions,
  credential: VerifiedCredential,
  path: string,
  nowMs: number,
): ConditionCheck | undefined {
  for (const condition of claims) {
    if (!meetsClaim(condition, credential, path)) return 'where';
  }
  return stepUp === undefined ? undefined : failedStepUp(stepUp, credential, nowMs);
}

/** The claims that the conditions need to be kept with a credential. */
export function claimsOf({ claims, stepUp, decisionPoint }: RouteConditions): readonly ClaimPath[] {
  const paths = [...claims.map(({ claim }) => claim), ...(decisionPoint?.claims ?? [])];
  if (stepUp?.acr !== undefined) paths.push([ACR]);
  if (stepUp?.authAge !== undefined) paths.push([AUTH_TIME]);
  return paths;
}

/**
 * Unix milliseconds at which an allow ends because of the conditions of its route; `Infinity` if they end none, and
 * `-Infinity` if it holds for this decision alone. Claims and the path do not change, but what a policy decision point
 * answers may change at any time.
 */
export function endOfAllow(where: RouteConditions | undefined, credential: VerifiedCredential): number {
  if (where === undefined) return Number.POSITIVE_INFINITY;
  return where.decisionPoint === undefined ? authAgeEndMs(where.stepUp?.authAge, credential) : Number.NEGATIVE_INFINITY;
}

/** Whether the claim of a credential is what the condition requires. */
function meetsClaim({ key, condition, templates }: RouteClaim, { claims }: VerifiedCredential, path: string): boolean {
  const claim = claims?.get(key);
  if (claim === undefined) return false;
  return meetsCondition(claim, templates.length === 0 ? condition : filledIn(condition, templates, path));
}

/** The first claim that does not meet its condition: what it is, and what it had to be, in words. */
export interface FailedClaim {
  /** `claimKey` of the claim. */
  readonly key: string;
  /** `undefined` if the credential does not have it, or if it is too long to be kept. */
  readonly found: unknown;
  readonly expected: string;
}

/** Says which claim failed the check `where`. @param path as `readPath` returned it. */
export function failedClaim(
  { claims }: RouteConditions,
  credential: VerifiedCredential,
  path: string,
): FailedClaim | undefined {
  const failed = claims.find((condition) => !meetsClaim(condition, credential, path));
  if (failed === undefined) return undefined;
  const { key, condition, templates } = failed;
  const isAmbiguous = templates.some((template) => templateValues(template, path).length === 0);
  const expected = isAmbiguous
    ? `${claimConditionText(failed)}, but servers read that part of the path in several ways`
    : conditionText(filledIn(condition, templates, path));
  return { key, found: credential.claims?.get(key), expected };
}

/** What a condition accepts, in words; `{path.name}` as it is written. */
export function claimConditionText({ condition, templates }: RouteClaim): string {
  if (condition.kind !== 'equals' && condition.kind !== 'contains') return conditionText(condition);
  const values = [...condition.values, ...templates.map(({ text }) => text)];
  return conditionText({ kind: condition.kind, values });
}

function filledIn(condition: Condition, templates: readonly PathTemplate[], path: string): Condition {
  if (condition.kind !== 'equals' && condition.kind !== 'contains') return condition;
  const values = templates.flatMap((template) => templateValues(template, path));
  return { kind: condition.kind, values: [...condition.values, ...values] };
}
