import type { ClaimPath } from './claim-path.ts';

/** A value of a claim that is neither a list nor a map. */
export type Scalar = string | number | boolean;

/**
 * What a claim must be. Every condition holds for a claim that is present only. Types are strict: `true` is not `"true"`,
 * and 1 is not `"1"`. A list never meets `equals` or `prefix`, since it would then have other values too; a string never
 * meets `contains`, whatever separates its words.
 */
export type Condition =
  /** The claim is one of these. */
  | { readonly kind: 'equals'; readonly values: readonly Scalar[] }
  /** The claim is a string that begins with one of these, by its code units. */
  | { readonly kind: 'prefix'; readonly prefixes: readonly string[] }
  /** The claim is a list, and at least one of these is in it. */
  | { readonly kind: 'contains'; readonly values: readonly Scalar[] }
  /** The claim is there. A claim that is null, `""` or `[]` is not (contract section 3). */
  | { readonly kind: 'present' };

/** A condition on one claim. */
export interface ClaimCondition {
  readonly claim: ClaimPath;
  readonly condition: Condition;
}

/** Whether a claim meets a condition. @param claim `undefined` if it is absent. */
export function meetsCondition(claim: unknown, condition: Condition): boolean {
  if (isAbsent(claim)) return false;
  switch (condition.kind) {
    case 'equals':
      return isScalar(claim) && condition.values.includes(claim);
    case 'prefix':
      return typeof claim === 'string' && condition.prefixes.some((prefix) => claim.startsWith(prefix));
    case 'contains':
      return Array.isArray(claim) && condition.values.some((value) => claim.includes(value));
    case 'present':
      return true;
  }
}

/** The most values to list. */
const MAX_LISTED = 5;
/** The longest text that is not cut. */
const MAX_TEXT = 96;

/** What a condition accepts, in words: `"web" or "cli"`, `a string that begins with "repo:acme/"`. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'equals':
      return listed(condition.values);
    case 'prefix':
      return `a string that begins with ${listed(condition.prefixes)}`;
    case 'contains':
      return `a list with ${listed(condition.values)}`;
    case 'present':
      return 'any value';
  }
}

function isAbsent(claim: unknown): boolean {
  return claim === undefined || claim === null || claim === '' || (Array.isArray(claim) && claim.length === 0);
}

function isScalar(claim: unknown): claim is Scalar {
  return typeof claim === 'string' || typeof claim === 'number' || typeof claim === 'boolean';
}

function listed(values: readonly Scalar[]): string {
  const names = values.slice(0, MAX_LISTED).map(scalarText);
  const more = values.length - names.length;
  return more > 0 ? `${names.join(', ')} or ${more} more` : names.join(' or ');
}

function scalarText(value: Scalar): string {
  if (typeof value !== 'string' || value.length <= MAX_TEXT) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, MAX_TEXT))}...`;
}
