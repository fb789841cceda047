import type { PresentedCredential } from '../core/credential.ts';
import type { Finding, Known } from '../core/verified-credential.ts';

/** Looks each credential up among those of its scheme. */
export class KnownCredentials implements Known {
  private readonly bearer: Known;
  private readonly basic: Known;

  constructor(bearer: Known, basic: Known) {
    this.bearer = bearer;
    this.basic = basic;
  }

  find(credential: PresentedCredential): Finding | undefined {
    return (credential.scheme === 'bearer' ? this.bearer : this.basic).find(credential);
  }
}
