/**
 * What a token is bound to (`cnf`: RFC 7800, section 3.1): whoever presents it must prove to possess that. A token with
 * both members needs both proofs. Each is a SHA-256 in base64url without padding.
 */
export interface Binding {
  /** Of the certificate with which the client must connect, in DER (`x5t#S256`: RFC 8705, section 3.1). */
  readonly certificate?: string | undefined;
  /** Of the key with which the client must sign a proof for each request (`jkt`: RFC 9449, section 6.1; RFC 7638). */
  readonly key?: string | undefined;
}

/** The bindings that a route or an issuer may require of a token; `any` accepts each of the others. */
export const REQUIRED_BINDINGS = ['any', 'mtls', 'dpop'] as const;

export type RequiredBinding = (typeof REQUIRED_BINDINGS)[number];

/** Whether a token is bound in the way that is required. */
export function isBoundAs(required: RequiredBinding, binding: Binding | undefined): boolean {
  if (binding === undefined) return false;
  switch (required) {
    case 'any':
      return true;
    case 'mtls':
      return binding.certificate !== undefined;
    case 'dpop':
      return binding.key !== undefined;
  }
}
