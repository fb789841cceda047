import type { PresentedCredential } from '../core/credential.ts';
import type { TokenExaminer, Verifier } from '../core/ports.ts';
import type { ClientAddress } from '../core/request.ts';
import type { Refusal, VerificationResult } from '../core/verified-credential.ts';
import { hasThreeParts } from './jwt.ts';

export interface CredentialVerifierParts {
  /** Of JWTs. */
  readonly bearer: Verifier;
  /** Of other bearer tokens; `undefined` where nobody can be asked about such. */
  readonly opaque: (Verifier & TokenExaminer) | undefined;
  /** `undefined` where there are no accounts: no route takes Basic then. */
  readonly basic: Verifier | undefined;
}

const NO_ACCOUNTS: Refusal = {
  outcome: 'refused',
  reason: 'credentials_invalid',
  check: { name: 'basic', check: 'no accounts' },
};

/** Sends each credential to the verifier of its scheme and form. */
export class CredentialVerifier implements Verifier, TokenExaminer {
  private readonly parts: CredentialVerifierParts;

  constructor(parts: CredentialVerifierParts) {
    this.parts = parts;
  }

  async verify(credential: PresentedCredential, client?: ClientAddress): Promise<VerificationResult> {
    const { bearer, opaque, basic } = this.parts;
    if (credential.scheme === 'bearer') {
      // A token that may be somebody's JWT is shown to nobody.
      return (hasThreeParts(credential.value) ? bearer : (opaque ?? bearer)).verify(credential);
    }
    return basic?.verify(credential, client) ?? NO_ACCOUNTS;
  }

  async examine(token: string): Promise<VerificationResult> {
    const { bearer, opaque } = this.parts;
    if (opaque !== undefined && !hasThreeParts(token)) return opaque.examine(token);
    return bearer.verify({ scheme: 'bearer', value: token });
  }
}
