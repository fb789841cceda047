import { isExact } from '../upstream/header-value.ts';

/**
 * Whether a claim can be passed on as it came: no number in it was rounded, and no string is invalid Unicode. Otherwise two
 * values could become one, such as the numbers of two tenants.
 */
export function isFaithful(claim: unknown): boolean {
  if (typeof claim === 'number') return isExact(claim);
  if (typeof claim === 'string') return claim.isWellFormed();
  if (typeof claim !== 'object' || claim === null) return true;
  return Object.entries(claim).every(([name, member]) => name.isWellFormed() && isFaithful(member));
}
