import type { Refusal, VerificationResult } from '../../core/verified-credential.ts';

/**
 * The first finding that knows the token, however long the others take; where none does, the refusal that says most:
 * that somebody could not be asked, then that somebody knew the token and did not take it.
 */
export async function firstVerified(asked: readonly Promise<VerificationResult>[]): Promise<VerificationResult> {
  const refusals: Refusal[] = [];
  const pending = new Map(asked.map((finding, index) => [index, finding.then((found) => ({ index, found }))]));
  while (pending.size > 0) {
    const { index, found } = await Promise.race(pending.values());
    if (found.outcome === 'verified') return found;
    pending.delete(index);
    refusals.push(found);
  }
  return (
    refusals.find(({ reason }) => reason === 'unavailable') ??
    refusals.find(({ check }) => check !== 'inactive') ??
    refusals[0] ?? { outcome: 'refused', reason: 'token_invalid', check: 'issuer' }
  );
}
