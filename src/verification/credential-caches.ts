import type { PresentedCredential } from '../core/credential/credential.ts';
import type { CredentialCache, VerificationResult } from '../core/credential/verified-credential.ts';

/** Looks up each credential in the cache of its scheme. */
export class CredentialCaches implements CredentialCache {
  private readonly bearer: CredentialCache;
  private readonly basic: CredentialCache;

  constructor(bearer: CredentialCache, basic: CredentialCache) {
    this.bearer = bearer;
    this.basic = basic;
  }

  find(credential: PresentedCredential): VerificationResult | undefined {
    return (credential.scheme === 'bearer' ? this.bearer : this.basic).find(credential);
  }
}
