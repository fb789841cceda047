import type { VerificationResult } from '../../../src/core/credential/verified-credential.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { unread } from '../../../src/core/standing.ts';
import { BearerVerifier } from '../../../src/verification/bearer/bearer-verifier.ts';
import type { TrustedIssuer } from '../../../src/verification/bearer/issuers.ts';
import { Issuers } from '../../../src/verification/bearer/issuers.ts';
import { SIGNERS_AT_ONCE } from '../../../src/verification/signatures/signer.ts';
import { TokenCache } from '../../../src/verification/token-cache.ts';

/** The time of the specs, in Unix seconds. */
export const NOW = 1_800_000_000;
export const SKEW = 30;
export const GENERATION = 7;

/** A verifier of these issuers, whose cache, standings and clock the test can reach. */
export class VerifierFixture {
  readonly cache = new TokenCache(100);
  readonly standings = new Map<string, Standing>();
  nowSeconds = NOW;
  private readonly verifier: BearerVerifier;

  constructor(...issuers: readonly TrustedIssuer[]) {
    this.verifier = new BearerVerifier({
      issuers: new Issuers(issuers),
      cache: this.cache,
      standings: { at: (key) => this.standingAt(key) },
      clock: { wallMs: () => this.nowSeconds * 1000 },
      clockSkewMs: SKEW * 1000,
      maxTokenLength: 16_384,
      generation: GENERATION,
      signers: SIGNERS_AT_ONCE,
    });
  }

  async verify(value: string): Promise<VerificationResult> {
    return this.verifier.verify({ scheme: 'bearer', value });
  }

  private standingAt(key: string): Standing {
    const standing = this.standings.get(key) ?? unread(key);
    this.standings.set(key, standing);
    return standing;
  }
}
