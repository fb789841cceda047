import { compactVerify, errors } from 'jose';
import type { PresentedCredential } from '../core/credential.ts';
import type { Finding, KnownCredential, Refusal } from '../core/known.ts';
import type { Clock, Verifier } from '../core/ports.ts';
import type { Standing } from '../core/standing.ts';
import {
  issuerMarkKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from '../revocation/keys.ts';
import type { Claims } from './claims.ts';
import { readClaims } from './claims.ts';
import type { Issuers, TrustedIssuer } from './issuers.ts';
import type { VerificationKey } from './keys.ts';
import type { KnownTokens } from './known-tokens.ts';
import type { ParsedToken } from './token.ts';
import { parseToken } from './token.ts';

export interface BearerVerifierParts {
  readonly issuers: Issuers;
  readonly known: KnownTokens;
  readonly standings: { at(key: string): Standing };
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
  /** The configuration's generation, which every known token carries. */
  readonly generation: number;
}

/** Verifies bearer JWTs: form, issuer, signature, claims, in this order. What it verified it remembers. */
export class BearerVerifier implements Verifier {
  private readonly parts: BearerVerifierParts;

  constructor(parts: BearerVerifierParts) {
    this.parts = parts;
  }

  async verify({ value }: PresentedCredential): Promise<Finding> {
    const token = parseToken(value);
    if (typeof token === 'string') return refuse(token);
    const candidates = this.parts.issuers.choose(token);
    if ('check' in candidates) return refuse(candidates.check, candidates.issuer);
    let refusal = refuse('issuer');
    for (const issuer of candidates) {
      const finding = await this.verifyFor(value, token, issuer);
      if (finding.outcome === 'known') return finding;
      refusal = finding;
    }
    return refusal;
  }

  private async verifyFor(value: string, token: ParsedToken, issuer: TrustedIssuer): Promise<Finding> {
    const { name } = issuer.config;
    const keys = await issuer.keys.find(token.algorithm, token.kid);
    if (keys === undefined) return { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: name };
    if (keys.length === 0) return refuse('key', name);
    const key = await firstThatVerifies(value, token.algorithm, keys);
    if (key === undefined) return refuse('signature', name);
    const claims = readClaims(token, issuer.config);
    if (typeof claims === 'string') return refuse(claims, name);
    const latestMs = this.parts.clock.wallMs() + this.parts.clockSkewMs;
    if (latestMs < claims.notBeforeSeconds * 1000) return refuse('nbf', name);
    // One from the future would escape every mark that is set meanwhile.
    if (latestMs < claims.issuedAtSeconds * 1000) return refuse('iat', name);
    const credential = this.remember(token, claims, key, name);
    if (credential.validUntilMs > this.parts.clock.wallMs()) this.parts.known.add(value, credential);
    return credential;
  }

  private remember(token: ParsedToken, claims: Claims, key: VerificationKey, issuer: string): KnownCredential {
    const { subject, tokenId, scopes, use } = claims;
    return {
      outcome: 'known',
      identity: { issuer, subject, tokenId, scheme: 'bearer', scopes },
      granted: new Set(scopes),
      use,
      validUntilMs: claims.expiresAtSeconds * 1000 + this.parts.clockSkewMs,
      // A mark is a whole second and ends what was issued within it.
      issuedAtSeconds: Math.floor(claims.issuedAtSeconds),
      generation: this.parts.generation,
      key: key.inForce,
      standings: revocationKeysOf(token, claims, key, issuer).map((entry) => this.parts.standings.at(entry)),
      lastUse: use === undefined ? undefined : { atMs: Number.NEGATIVE_INFINITY },
    };
  }
}

/** Every entry of the revocation set that could end the token. */
function revocationKeysOf(token: ParsedToken, claims: Claims, key: VerificationKey, issuer: string): string[] {
  const keys = [revokedThumbprintKey(token.thumbprint), issuerMarkKey(issuer)];
  if (claims.tokenId !== undefined) keys.push(revokedTokenKey(issuer, claims.tokenId));
  if (claims.subject !== undefined) keys.push(subjectMarkKey(issuer, claims.subject));
  if (key.kid !== undefined) keys.push(revokedSigningKeyKey(issuer, key.kid));
  return keys;
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

function refuse(check: string, issuer?: string): Refusal {
  return { outcome: 'refused', reason: 'token_invalid', check, issuer };
}
