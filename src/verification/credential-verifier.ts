import type { PresentedCredential } from '../core/credential/credential.ts';
import type { Refusal, VerificationResult } from '../core/credential/verified-credential.ts';
import type { TokenExaminer, Verifier } from '../core/ports.ts';
import type { ClientAddress } from '../core/request.ts';
import { hasKeyPrefix } from '../lib/api-key/api-key.ts';
import { hasThreeParts } from './jwt.ts';

export interface CredentialVerifierParts {
  /** For JWTs. */
  readonly bearer: Verifier;
  /** For bearer tokens with the prefix of our API keys; `undefined` if there are none. */
  readonly keys?: { readonly prefix: string; readonly verifier: Verifier } | undefined;
  /** For other bearer tokens; `undefined` without an introspection issuer. */
  readonly opaque: (Verifier & TokenExaminer) | undefined;
  /** `undefined` without accounts: no route accepts Basic then. */
  readonly basic: Verifier | undefined;
}

const NO_ACCOUNTS: Refusal = {
  outcome: 'refused',
  reason: 'credentials_invalid',
  check: { name: 'basic', check: 'no accounts' },
};

/** Passes each credential to the verifier of its scheme and form. */
export class CredentialVerifier implements Verifier, TokenExaminer {
  private readonly parts: CredentialVerifierParts;

  constructor(parts: CredentialVerifierParts) {
    this.parts = parts;
  }

  verify(credential: PresentedCredential, client?: ClientAddress): VerificationResult | Promise<VerificationResult> {
    const { bearer, opaque, basic } = this.parts;
    if (credential.scheme === 'bearer') {
      const keys = this.keysFor(credential.value);
      if (keys !== undefined) return keys.verify(credential, client);
      // Never send a possible JWT to an introspection server: it may be another issuer's token.
      return (hasThreeParts(credential.value) ? bearer : (opaque ?? bearer)).verify(credential, client);
    }
    return basic?.verify(credential, client) ?? NO_ACCOUNTS;
  }

  /** Whether a credential is verified as a JWT. That takes CPU time, but mostly no input or output. */
  isJwt({ scheme, value }: PresentedCredential): boolean {
    return scheme === 'bearer' && this.keysFor(value) === undefined && hasThreeParts(value);
  }

  async examine(token: string): Promise<VerificationResult> {
    const { bearer, opaque } = this.parts;
    const keys = this.keysFor(token);
    if (keys !== undefined) return keys.verify({ scheme: 'bearer', value: token });
    if (opaque !== undefined && !hasThreeParts(token)) return opaque.examine(token);
    return bearer.verify({ scheme: 'bearer', value: token });
  }

  /** No other verifier sees what claims to be an API key: one with a slip would go to another issuer's server. */
  private keysFor(token: string): Verifier | undefined {
    const { keys } = this.parts;
    return hasKeyPrefix(token, keys?.prefix) ? keys?.verifier : undefined;
  }
}
