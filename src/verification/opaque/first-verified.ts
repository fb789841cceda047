import type { Refusal, VerificationResult } from '../../core/credential/verified-credential.ts';

/**
 * Resolves to the first result that verifies the token, without waiting for the others. If none does, resolves to the
 * most informative refusal: first that a server was unavailable, then that a server knew the token and refused it.
 */
export async function firstVerified(results: readonly Promise<VerificationResult>[]): Promise<VerificationResult> {
  const refusals: Refusal[] = [];
  const pending = new Map(results.map((promise, index) => [index, promise.then((result) => ({ index, result }))]));
  while (pending.size > 0) {
    const { index, result } = await Promise.race(pending.values());
    if (result.outcome === 'verified') return result;
    pending.delete(index);
    refusals.push(result);
  }
  return (
    refusals.find(({ reason }) => reason === 'unavailable') ??
    refusals.find(({ check }) => check !== 'inactive') ??
    refusals[0] ?? { outcome: 'refused', reason: 'token_invalid', check: 'issuer' }
  );
}
