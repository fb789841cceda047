import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { Refusal, VerificationResult } from '../../core/credential/verified-credential.ts';
import type { Clock, Verifier } from '../../core/ports.ts';
import { after } from '../../lib/after.ts';
import { claimFinding } from '../claim-finding.ts';
import { readClaims } from '../claims.ts';
import { maySignFor } from '../issuer-match.ts';
import { joinFindings } from '../joined-finding.ts';
import type { ParsedJwt } from '../jwt.ts';
import { checkOf, parseJwt } from '../jwt.ts';
import type { FoundKeys, VerificationKey } from '../keys.ts';
import type { Signer, SignerFinder } from '../signatures/signer.ts';
import type { TokenCache } from '../token-cache.ts';
import { formFinding, keyFinding, noKeysFinding, otherKeyFinding, signatureFinding } from '../token-finding.ts';
import type { CredentialParts } from '../verified-token.ts';
import { refusePremature, refuseToken, toCredential } from '../verified-token.ts';
import type { Issuers, TrustedIssuer } from './issuers.ts';
import { RepeatedTokens } from './repeated-tokens.ts';

export interface BearerVerifierParts extends CredentialParts {
  readonly issuers: Issuers;
  readonly cache: TokenCache;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly signers: SignerFinder;
  /**
   * Goes on with a token that waited for a key set, soon: thousands may wait for the same one, as when an issuer changes its
   * key. By default at once.
   */
  readonly goOn?: ((work: () => void) => void) | undefined;
}

/** The most tokens that wait for key sets at a time; of further ones, the keys are unavailable. They take some megabytes. */
const MOST_WAITING = 4_096;

/** The refusal of an issuer that could have issued the token. */
interface IssuerRefusal {
  readonly issuer: string;
  readonly refusal: Refusal;
}

/** Verifies the form, issuer, signature and claims of bearer JWTs, in this order. Caches verified tokens. */
export class BearerVerifier implements Verifier {
  private readonly parts: BearerVerifierParts;
  private readonly repeated = new RepeatedTokens();
  /** Tokens that wait for a key set. */
  private waiting = 0;

  constructor(parts: BearerVerifierParts) {
    this.parts = parts;
  }

  verify({ value }: PresentedCredential): VerificationResult | Promise<VerificationResult> {
    const { maxTokenLength, issuers } = this.parts;
    const token = parseJwt(value, maxTokenLength);
    if (typeof token === 'string') {
      return refuseToken(checkOf(token, maxTokenLength), undefined, formFinding(token, value, maxTokenLength));
    }
    const candidates = issuers.choose(token);
    if ('check' in candidates) {
      return refuseToken(candidates.check, candidates.issuer, issuers.findingOf(token, candidates));
    }
    return this.verifyForAny(value, token, candidates, []);
  }

  /** Returns at once what needs no wait: nothing but an unknown key and a burst of slow signatures does. */
  private verifyForAny(
    value: string,
    token: ParsedJwt,
    [issuer, ...others]: readonly TrustedIssuer[],
    refusals: readonly IssuerRefusal[],
  ): VerificationResult | Promise<VerificationResult> {
    if (issuer === undefined) return join(refusals);
    return after(this.verifyFor(value, token, issuer), (result) => {
      if (result.outcome === 'verified') return result;
      return this.verifyForAny(value, token, others, [...refusals, { issuer: issuer.config.name, refusal: result }]);
    });
  }

  private verifyFor(
    value: string,
    token: ParsedJwt,
    issuer: TrustedIssuer,
  ): VerificationResult | Promise<VerificationResult> {
    const found = issuer.keys.find(token.algorithm, token.kid);
    if (!(found instanceof Promise)) return this.verifyWith(value, token, issuer, found);
    if (this.waiting >= MOST_WAITING) return this.verifyWith(value, token, issuer, undefined);
    this.waiting += 1;
    return this.verifyOnceFound(value, token, issuer, found);
  }

  private async verifyOnceFound(
    value: string,
    token: ParsedJwt,
    issuer: TrustedIssuer,
    found: Promise<FoundKeys>,
  ): Promise<VerificationResult> {
    const keys = await found;
    const { goOn } = this.parts;
    if (goOn !== undefined) await new Promise<void>((resolve) => goOn(resolve));
    this.waiting -= 1;
    return this.verifyWith(value, token, issuer, keys);
  }

  private verifyWith(
    value: string,
    token: ParsedJwt,
    issuer: TrustedIssuer,
    keys: FoundKeys,
  ): VerificationResult | Promise<VerificationResult> {
    const { name } = issuer.config;
    if (keys === undefined) {
      const finding = noKeysFinding(token, name);
      return { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: name, finding };
    }
    if (keys.length === 0) return refuseToken('key', name, keyFinding(token, name, issuer.keys.inForce()));
    const signing = keys.filter((one) => maySignFor(one, token.payload, issuer.config));
    if (signing.length === 0) return refuseToken('key', name, otherKeyFinding(token, name, keys));
    const known = this.repeated.find(value, signing);
    const signer = known ?? this.parts.signers.find(value, token.algorithm, signing);
    return after(signer, (found) => this.judgeSigned(value, token, issuer, signing, found, known !== undefined));
  }

  private judgeSigned(
    value: string,
    token: ParsedJwt,
    issuer: TrustedIssuer,
    tried: readonly VerificationKey[],
    signer: Signer,
    isRepeated: boolean,
  ): VerificationResult {
    const { name } = issuer.config;
    if (signer === 'unavailable') {
      return { outcome: 'refused', reason: 'unavailable', check: 'signature not verified', issuer: name };
    }
    const result =
      signer === 'none'
        ? refuseToken('signature', name, signatureFinding(token, name, tried))
        : this.accept(value, token, issuer, signer);
    const isKnown = result.outcome === 'verified' && result.validUntilMs > this.parts.clock.wallMs();
    if (!isKnown && !isRepeated) this.repeated.add(value, tried, signer);
    return result;
  }

  private accept(value: string, token: ParsedJwt, { config }: TrustedIssuer, key: VerificationKey): VerificationResult {
    const { clock, clockSkewMs, cache } = this.parts;
    const { name } = config;
    const claims = readClaims(token, config);
    if (typeof claims === 'string') {
      return refuseToken(claims, name, claimFinding(claims, token.header, token.payload, config));
    }
    const nowMs = clock.wallMs();
    const premature = refusePremature(claims, name, nowMs, clockSkewMs);
    if (premature !== undefined) return premature;
    const thumbprints = [token.thumbprint];
    const credential = toCredential({ claims, payload: token.payload, issuer: name, thumbprints, key }, this.parts);
    if (credential.validUntilMs > nowMs) cache.add(value, credential);
    return credential;
  }
}

/**
 * Joins the refusals of all candidate issuers. If an issuer's keys are unavailable, returns its refusal, because a retry
 * may succeed.
 */
function join(refusals: readonly IssuerRefusal[]): Refusal {
  const [only, ...more] = refusals;
  if (only !== undefined && more.length === 0) return only.refusal;
  const unavailable = refusals.find(({ refusal }) => refusal.reason === 'unavailable');
  const checks = refusals.map(({ issuer, refusal }) => ({ issuer, check: refusal.check }));
  return (
    unavailable?.refusal ??
    refuseToken(
      { name: 'every issuer', refusals: checks },
      undefined,
      joinFindings(refusals.map(({ refusal }) => refusal.finding)),
    )
  );
}
