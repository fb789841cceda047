import { verifiesJws } from '../../lib/jose/jws-signature.ts';
import type { VerificationKey } from '../keys.ts';

/** The key that verifies a token. `unavailable`: no part that could verify it answered. */
export type Signer = VerificationKey | 'none' | 'unavailable';

/** Finds out which key verifies a token. */
export interface SignerFinder {
  /**
   * Returns the first of the keys that verifies the token, at once where that is cheap. Never rejects.
   *
   * @param jws in the form that `parseJwt` accepts.
   * @param algorithm that of its header.
   * @param keys at least one.
   */
  find(jws: string, algorithm: string, keys: readonly VerificationKey[]): Signer | Promise<Signer>;
}

/** Finds each signer at once, whatever it costs. */
export const SIGNERS_AT_ONCE: SignerFinder = {
  find: (jws, algorithm, keys) => keys.find(({ key }) => verifiesJws(jws, algorithm, key)) ?? 'none',
};
