import type { Condition, Scalar } from '../../../core/claims/condition.ts';
import type { RouteClaim, RouteConditions } from '../../../core/condition/route-conditions.ts';

/**
 * Whether every caller that meets `strict` also meets `wide`, as far as that can be read from the words: each condition
 * of `wide` must be in `strict` too, with the same values or fewer.
 */
export function requiresAsMuch(strict: RouteConditions | undefined, wide: RouteConditions): boolean {
  const { claims = [], stepUp, decisionPoint } = strict ?? {};
  if (wide.decisionPoint !== undefined && wide.decisionPoint.name !== decisionPoint?.name) return false;
  if (!wide.claims.every((one) => claims.some((other) => other.key === one.key && isWithin(other, one)))) return false;
  const { acr, authAge } = wide.stepUp ?? {};
  if (acr !== undefined && !isSubset(stepUp?.acr, acr)) return false;
  return authAge === undefined || (stepUp?.authAge?.atMostSeconds ?? Number.POSITIVE_INFINITY) <= authAge.atMostSeconds;
}

/** Whether each claim that meets `inner` also meets `outer`. */
function isWithin(inner: RouteClaim, outer: RouteClaim): boolean {
  if (outer.condition.kind === 'present') return true;
  if (inner.condition.kind !== outer.condition.kind) return false;
  const templates = outer.templates.map(placeOf);
  return (
    isSubset(valuesOf(inner.condition), valuesOf(outer.condition)) &&
    inner.templates.every((template) => templates.includes(placeOf(template)))
  );
}

/** The same segment of every path, whatever the two patterns call it. */
function placeOf({ before, segment, after }: RouteClaim['templates'][number]): string {
  return JSON.stringify([before, segment, after]);
}

function valuesOf(condition: Condition): readonly Scalar[] {
  switch (condition.kind) {
    case 'equals':
    case 'contains':
      return condition.values;
    case 'prefix':
      return condition.prefixes;
    case 'present':
      return [];
  }
}

function isSubset(inner: readonly Scalar[] | undefined, outer: readonly Scalar[]): boolean {
  return inner?.every((value) => outer.includes(value)) ?? false;
}
