import type { PresentedCredential } from '../core/credential.ts';
import type { Finding } from '../core/known.ts';
import type { Verifier } from '../core/ports.ts';

/** Sends each credential to the verifier of its scheme. */
export class CredentialVerifier implements Verifier {
  private readonly bearer: Verifier;
  private readonly basic: Verifier | undefined;

  /** @param basic `undefined` where there are no accounts: no route takes Basic then. */
  constructor(bearer: Verifier, basic: Verifier | undefined) {
    this.bearer = bearer;
    this.basic = basic;
  }

  async verify(credential: PresentedCredential): Promise<Finding> {
    if (credential.scheme === 'bearer') return this.bearer.verify(credential);
    const refused = { outcome: 'refused', reason: 'credentials_invalid', check: 'basic: no accounts' } as const;
    return this.basic?.verify(credential) ?? refused;
  }
}
