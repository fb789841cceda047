import { compactVerify, errors } from 'jose';
import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { Refusal, VerificationResult } from '../../core/credential/verified-credential.ts';
import type { Clock, Verifier } from '../../core/ports.ts';
import { claimFinding } from '../claim-finding.ts';
import { readClaims } from '../claims.ts';
import { maySignFor } from '../issuer-match.ts';
import { joinFindings } from '../joined-finding.ts';
import type { ParsedJwt } from '../jwt.ts';
import { checkOf, parseJwt } from '../jwt.ts';
import type { VerificationKey } from '../keys.ts';
import type { TokenCache } from '../token-cache.ts';
import { formFinding, keyFinding, noKeysFinding, otherKeyFinding, signatureFinding } from '../token-finding.ts';
import type { CredentialParts } from '../verified-token.ts';
import { refusePremature, refuseToken, toCredential } from '../verified-token.ts';
import type { Issuers, TrustedIssuer } from './issuers.ts';

export interface BearerVerifierParts extends CredentialParts {
  readonly issuers: Issuers;
  readonly cache: TokenCache;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** Verifies the form, issuer, signature and claims of bearer JWTs, in this order. Caches verified tokens. */
export class BearerVerifier implements Verifier {
  private readonly parts: BearerVerifierParts;

  constructor(parts: BearerVerifierParts) {
    this.parts = parts;
  }

  async verify({ value }: PresentedCredential): Promise<VerificationResult> {
    const { maxTokenLength } = this.parts;
    const token = parseJwt(value, maxTokenLength);
    if (typeof token === 'string') {
      return refuseToken(checkOf(token, maxTokenLength), undefined, formFinding(token, value, maxTokenLength));
    }
    const candidates = this.parts.issuers.choose(token);
    if ('check' in candidates) {
      return refuseToken(candidates.check, candidates.issuer, this.parts.issuers.findingOf(token, candidates));
    }
    const refusals: { readonly issuer: string; readonly refusal: Refusal }[] = [];
    for (const issuer of candidates) {
      const result = await this.verifyFor(value, token, issuer);
      if (result.outcome === 'verified') return result;
      refusals.push({ issuer: issuer.config.name, refusal: result });
    }
    return join(refusals);
  }

  private async verifyFor(value: string, token: ParsedJwt, issuer: TrustedIssuer): Promise<VerificationResult> {
    const { name } = issuer.config;
    const keys = await issuer.keys.find(token.algorithm, token.kid);
    if (keys === undefined) {
      const finding = noKeysFinding(token, name);
      return { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: name, finding };
    }
    if (keys.length === 0) return refuseToken('key', name, keyFinding(token, name, issuer.keys.inForce()));
    const signing = keys.filter((one) => maySignFor(one, token.payload, issuer.config));
    if (signing.length === 0) return refuseToken('key', name, otherKeyFinding(token, name, keys));
    const key = await firstThatVerifies(value, token.algorithm, signing);
    if (key === undefined) return refuseToken('signature', name, signatureFinding(token, name, signing));
    const claims = readClaims(token, issuer.config);
    if (typeof claims === 'string') {
      return refuseToken(claims, name, claimFinding(claims, token.header, token.payload, issuer.config));
    }
    const premature = refusePremature(claims, name, this.parts.clock.wallMs(), this.parts.clockSkewMs);
    if (premature !== undefined) return premature;
    const thumbprints = [token.thumbprint];
    const credential = toCredential({ claims, payload: token.payload, issuer: name, thumbprints, key }, this.parts);
    if (credential.validUntilMs > this.parts.clock.wallMs()) this.parts.cache.add(value, credential);
    return credential;
  }
}

/**
 * Joins the refusals of all candidate issuers. If an issuer's keys are unavailable, returns its refusal, because a retry
 * may succeed.
 */
function join(refusals: readonly { readonly issuer: string; readonly refusal: Refusal }[]): Refusal {
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

async function firstThatVerifies(
  value: string,
  algorithm: string,
  keys: readonly VerificationKey[],
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    if (await verifies(value, algorithm, key)) return key;
  }
  return undefined;
}

async function verifies(value: string, algorithm: string, { key }: VerificationKey): Promise<boolean> {
  try {
    await compactVerify(value, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
