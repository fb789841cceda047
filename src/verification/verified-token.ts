import type { Check, Finding } from '../core/check.ts';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import { keepClaims } from '../core/claims/claim-path.ts';
import type { KeyInForce, Refusal, VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Standing } from '../core/standing.ts';
import { nothingMade } from '../core/upstream/upstream-token.ts';
import type { JsonObject } from '../lib/json-object.ts';
import {
  issuerMarkKey,
  revokedClaimsKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from '../revocation-set/entry-keys.ts';
import { prematureFinding } from './claim-finding.ts';
import type { Claims } from './claims.ts';
import type { ScopeLists } from './scope-lists.ts';
import { NO_SUBJECT } from './subject-claim.ts';

/** A token that a signature or an introspection server has verified. */
export interface VerifiedToken extends Pick<VerifiedCredential, 'reverifyAt' | 'reported' | 'uncacheable'> {
  readonly claims: Claims;
  /** What the claims were read from. */
  readonly payload: JsonObject;
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Every thumbprint by which a revocation entry may identify it. */
  readonly thumbprints: readonly string[];
  readonly key: { readonly kid: string | undefined; readonly inForce: KeyInForce };
}

/** Shared by every token that is verified under one configuration. */
export interface CredentialParts {
  readonly standings: { at(key: string): Standing };
  readonly clockSkewMs: number;
  /** The longest token to read, in characters. */
  readonly maxTokenLength: number;
  /** The audiences of the configured resources; of a token's audiences, only these are remembered. */
  readonly resourceAudiences?: ReadonlySet<string>;
  /** The paths of the claims to keep with a credential; none by default. */
  readonly keptClaims?: readonly ClaimPath[];
  /** Shares the scopes of credentials; by default, each has its own. */
  readonly scopeLists?: Pick<ScopeLists, 'share'>;
  /** Whether upstreams receive a signed identity of each. False by default. */
  readonly signsIdentity?: boolean;
  /** The configuration's generation, which every cached token carries. */
  readonly generation: number;
}

/** Returns the credential for a verified token. */
export function toCredential(token: VerifiedToken, parts: CredentialParts): VerifiedCredential {
  const { keptClaims = [], scopeLists } = parts;
  const { claims, payload, issuer, key, reverifyAt, reported, uncacheable } = token;
  const { subject, tokenId, dropped, use, family, sequence, binding } = claims;
  const { scopes, granted } = scopeLists?.share(claims.scopes) ?? {
    scopes: claims.scopes,
    granted: new Set(claims.scopes),
  };
  return {
    outcome: 'verified',
    identity: { issuer, subject, tokenId, scheme: binding?.key === undefined ? 'bearer' : 'dpop', scopes },
    granted,
    dropped,
    use,
    family,
    sequence,
    binding,
    audiences: audiencesOf(claims, parts),
    claims: keptClaims.length === 0 ? undefined : keepClaims(payload, keptClaims),
    validUntilMs: claims.expiresAtSeconds * 1000 + parts.clockSkewMs,
    // A mark is a whole second and revokes every token issued within it.
    issuedAtSeconds: Math.floor(claims.issuedAtSeconds),
    generation: parts.generation,
    key: key.inForce,
    reported,
    reverifyAt,
    uncacheable,
    upstream: nothingMade(parts.signsIdentity),
    standings: revocationKeysOf(token).map((entry) => parts.standings.at(entry)),
    lastUse: use === undefined ? undefined : { atMs: Number.NEGATIVE_INFINITY },
  };
}

function audiencesOf({ audiences }: Claims, { resourceAudiences }: CredentialParts): readonly string[] | undefined {
  if (resourceAudiences === undefined || resourceAudiences.size === 0) return undefined;
  return audiences.filter((audience) => resourceAudiences.has(audience));
}

/** Returns a refusal with the reason `token_invalid`. @param issuer the configured name of the chosen issuer. */
export function refuseToken(check: Check, issuer?: string, finding?: Finding): Refusal {
  return { outcome: 'refused', reason: 'token_invalid', check, issuer, finding };
}

/** Returns the refusal of a token that is not valid yet or was issued in the future; `undefined` for any other. */
export function refusePremature(
  claims: Claims,
  issuer: string,
  nowMs: number,
  clockSkewMs: number,
): Refusal | undefined {
  const claim = prematureClaim(claims, nowMs + clockSkewMs);
  if (claim === undefined) return undefined;
  return refuseToken(claim, issuer, prematureFinding(claim, claims, nowMs, clockSkewMs));
}

function prematureClaim(claims: Claims, latestMs: number): 'nbf' | 'iat' | undefined {
  if (latestMs < claims.notBeforeSeconds * 1000) return 'nbf';
  // A token from the future would escape every mark that is set before its `iat`.
  return latestMs < claims.issuedAtSeconds * 1000 ? 'iat' : undefined;
}

/** Returns the key of every revocation entry that could revoke the token. */
function revocationKeysOf({ claims, issuer, thumbprints, key, reported }: VerifiedToken): string[] {
  const keys = [...thumbprints.map(revokedThumbprintKey), issuerMarkKey(issuer)];
  if (claims.tokenId !== undefined) keys.push(revokedTokenKey(issuer, claims.tokenId));
  if (claims.family !== undefined) keys.push(revokedTokenKey(issuer, claims.family));
  if (reported !== undefined) keys.push(revokedClaimsKey(issuer, reported));
  keys.push(subjectMarkKey(issuer, claims.subject ?? NO_SUBJECT));
  if (key.kid !== undefined) keys.push(revokedSigningKeyKey(issuer, key.kid));
  return keys;
}
