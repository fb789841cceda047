import type { Check } from '../check.ts';
import type { DpopTerms } from './proof.ts';

/** How the answer to a denial offers DPoP. */
export interface DpopOffer extends DpopTerms {
  /** Whether the client used it: then the error belongs to its challenge. */
  readonly wasUsed: boolean;
}

/** The checks of a proof itself (RFC 9449, section 4.3), and what clients read in place of `invalid_token`. */
const PROOF_ERRORS = new Map<Check, string>([
  ...(
    [
      'no proof',
      'several proofs',
      'proof form',
      'proof typ',
      'proof algorithm',
      'proof key',
      'proof of another key',
      'proof signature',
      'proof jti',
      'proof htm',
      'proof htu',
      'proof iat',
      'proof ath',
      'proof used before',
    ] as const satisfies readonly Check[]
  ).map((check) => [check, 'error="invalid_dpop_proof"'] as const),
  ['proof nonce', 'error="use_dpop_nonce", error_description="the proof needs the nonce of this response"'],
]);

/** The parameters of a challenge for a proof that failed; `undefined` if another check failed. */
export function proofError(check: Check): string | undefined {
  return PROOF_ERRORS.get(check);
}

/** A DPoP challenge (RFC 9449, section 7.1). @param parameters that begin with a comma, or empty. */
export function dpopChallenge({ algorithms }: DpopTerms, realm: string, parameters: string): string {
  return `DPoP ${realm}${parameters}, algs="${algorithms}"`;
}
