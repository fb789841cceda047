import type { Config } from '../config/config.ts';
import type { DpopTerms } from '../core/binding/proof.ts';
import type { ProofChecker } from '../core/ports.ts';
import { Nonces } from '../verification/dpop/nonces.ts';
import { DpopProofChecker } from '../verification/dpop/proof-checker.ts';
import type { SharedParts } from './shared-parts.ts';

/** How a configuration accepts tokens that are bound to a key, and what checks their proofs. */
export interface Dpop {
  readonly terms: DpopTerms;
  readonly proofs: ProofChecker;
}

/** Builds it; `undefined` if the configuration does not accept such tokens. */
export function buildDpop(
  { dpop, clockSkewMs }: Config,
  { usedProofs, clock }: Pick<SharedParts, 'usedProofs' | 'clock'>,
): Dpop | undefined {
  if (dpop.kind === 'off') return undefined;
  const { origins, algorithms, maxAgeMs, replay, nonce } = dpop;
  const nonces = nonce && new Nonces(nonce.secret.reveal(), nonce.lifetimeMs);
  const parts = { origins, algorithms: new Set(algorithms), maxAgeMs, clockSkewMs, nonces, clock };
  return {
    terms: { algorithms: algorithms.join(' ') },
    proofs: new DpopProofChecker({ ...parts, used: usedProofs[replay] }),
  };
}
