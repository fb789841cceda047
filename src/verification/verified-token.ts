import type { Check } from '../core/check.ts';
import type { Standing } from '../core/standing.ts';
import type { KeyInForce, Refusal, VerifiedCredential } from '../core/verified-credential.ts';
import {
  issuerMarkKey,
  revokedClaimsKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from '../revocation-set/entry-keys.ts';
import type { Claims } from './claims.ts';

/** What was found out about a token, by a signature or by asking. */
export interface VerifiedToken extends Pick<VerifiedCredential, 'reverifyAt' | 'reported'> {
  readonly claims: Claims;
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Each by which an entry may name it. */
  readonly thumbprints: readonly string[];
  readonly key: { readonly kid: string | undefined; readonly inForce: KeyInForce };
}

/** What every token that is verified under one configuration shares. */
export interface CredentialParts {
  readonly standings: { at(key: string): Standing };
  readonly clockSkewMs: number;
  /** Of a token that is looked at, in characters. */
  readonly maxTokenLength: number;
  /** The configuration's generation, which every known token carries. */
  readonly generation: number;
}

/** The credential that a verified token is. */
export function toCredential(token: VerifiedToken, parts: CredentialParts): VerifiedCredential {
  const { claims, issuer, key, reverifyAt, reported } = token;
  const { subject, tokenId, scopes, use } = claims;
  return {
    outcome: 'verified',
    identity: { issuer, subject, tokenId, scheme: 'bearer', scopes },
    granted: new Set(scopes),
    use,
    validUntilMs: claims.expiresAtSeconds * 1000 + parts.clockSkewMs,
    // A mark is a whole second and ends what was issued within it.
    issuedAtSeconds: Math.floor(claims.issuedAtSeconds),
    generation: parts.generation,
    key: key.inForce,
    reported,
    reverifyAt,
    standings: revocationKeysOf(token).map((entry) => parts.standings.at(entry)),
    lastUse: use === undefined ? undefined : { atMs: Number.NEGATIVE_INFINITY },
  };
}

/** Turns a token away as `token_invalid`. @param issuer the configured name of the issuer that was chosen. */
export function refuseToken(check: Check, issuer?: string): Refusal {
  return { outcome: 'refused', reason: 'token_invalid', check, issuer };
}

/** The claim by which a token is not valid yet, or says to be made in the future. */
export function prematureClaim(claims: Claims, latestMs: number): 'nbf' | 'iat' | undefined {
  if (latestMs < claims.notBeforeSeconds * 1000) return 'nbf';
  // One from the future would escape every mark that is set meanwhile.
  return latestMs < claims.issuedAtSeconds * 1000 ? 'iat' : undefined;
}

/** Every entry of the revocation set that could end the token. */
function revocationKeysOf({ claims, issuer, thumbprints, key, reported }: VerifiedToken): string[] {
  const keys = [...thumbprints.map(revokedThumbprintKey), issuerMarkKey(issuer)];
  if (claims.tokenId !== undefined) keys.push(revokedTokenKey(issuer, claims.tokenId));
  if (reported !== undefined) keys.push(revokedClaimsKey(issuer, reported));
  if (claims.subject !== undefined) keys.push(subjectMarkKey(issuer, claims.subject));
  if (key.kid !== undefined) keys.push(revokedSigningKeyKey(issuer, key.kid));
  return keys;
}
