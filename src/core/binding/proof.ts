import type { CheckOf, Finding } from '../check.ts';

/** The header field with the DPoP proof of a request (RFC 9449, section 4.1). */
export const DPOP = 'dpop';

/** A DPoP proof, not checked yet, and what it must fit. */
export interface PresentedProof {
  /** The value of the header field; several fields are joined by commas, which no proof contains. */
  readonly proof: string;
  /** The access token with which it was sent. */
  readonly token: string;
  /** The thumbprint of the key to which the token is bound. */
  readonly key: string;
  readonly method: string;
  readonly host: string;
  /** The request target with its query, which `readPath` accepts. */
  readonly path: string;
}

/** What a proof showed. */
export type ProofResult = (
  | { readonly outcome: 'proven' }
  | { readonly outcome: 'refused'; readonly check: CheckOf<'proof'>; readonly finding?: Finding | undefined }
) & {
  /** The nonce for the client's next proof, if it needs another one (RFC 9449, section 8). */
  readonly nonce?: string | undefined;
};

/** How a configuration accepts tokens that are bound to a key. */
export interface DpopTerms {
  /** The algorithms that proofs may have, separated by spaces, as challenges name them (RFC 9449, section 7.1). */
  readonly algorithms: string;
}
