import type { SignedToken } from '../../config/tests/test-case.ts';
import type { ClaimPath } from '../../core/claims/claim-path.ts';
import { claimAt } from '../../core/claims/claim-path.ts';
import type { ClaimCondition, Condition } from '../../core/claims/condition.ts';
import { meetsCondition } from '../../core/claims/condition.ts';

type Claims = NonNullable<SignedToken['claims']>;
type Claim = Claims[string];

/** Adds what the conditions of an issuer require and the claims do not meet yet, since its tokens have it. */
export function withRequired(claims: Claims, require: readonly ClaimCondition[]): Claims {
  let all = claims;
  for (const { claim, condition } of require) {
    if (meetsCondition(claimAt(all, claim), condition)) continue;
    all = { ...all, ...claimsWith(all, claim, usualValue(condition)) };
  }
  return all;
}

/** A value that meets a condition. */
function usualValue(condition: Condition): Claim {
  switch (condition.kind) {
    case 'equals':
      return condition.values[0] ?? '';
    case 'prefix':
      return `${condition.prefixes[0]}test`;
    case 'contains':
      return [condition.values[0] ?? ''];
    case 'present':
      return 'test';
  }
}

/** The claim at a path, with what the claims already hold beside it. */
export function claimsWith(claims: Claims, [name = '', ...rest]: ClaimPath, value: Claims[string]): Claims {
  const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const within = isMap(inner) ? inner : {};
  return { [name]: rest.length === 0 ? value : { ...within, ...claimsWith(within, rest, value) } };
}

function isMap(value: Claims[string] | undefined): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
