import type { Check } from '../core/check.ts';
import type { Refusal, VerificationResult } from '../core/credential/verified-credential.ts';
import type { TokenExaminer } from '../core/ports.ts';
import { hashOfKey, hasKeyPrefix, isApiKey } from '../lib/api-key/api-key.ts';
import type { OneToken } from '../revocation-set/target.ts';
import type { Malformation } from '../verification/jwt.ts';
import { hasThreeParts, parseJwt } from '../verification/jwt.ts';
import { readOpaque } from '../verification/opaque-token.ts';

/** Checks that follow the signature, and that fail only by our clock. */
const PREMATURE: ReadonlySet<Check> = new Set(['nbf', 'iat']);

/** A token as its revocation names it. */
export interface IdentifiedToken {
  /** At least one; together they cover the token. */
  readonly targets: readonly OneToken[];
  /** The subject of a token that is named by its id, if it has one. */
  readonly subject?: string | undefined;
  /** The id of the family of refresh tokens that it belongs to, if it says one. */
  readonly family?: string | undefined;
  /** The check that it failed; `undefined` for a token that was verified. */
  readonly failed: Check | undefined;
  /** The name of its issuer, if the issuer's keys or server could not be reached. */
  readonly unavailableAt?: string | undefined;
}

export interface IdentifyTokenParts {
  readonly examiner: TokenExaminer;
  /** Whether a configured issuer may have issued a token that is not a JWT. */
  readonly takesOpaque: boolean;
  /** The prefix of our API keys, if there are any. */
  readonly keyPrefix?: string | undefined;
  /** Longest token that is read, in characters. */
  readonly maxTokenLength: number;
}

/**
 * Names a token so that its revocation affects this token and no other. A JWT is named by its id if it is verified and
 * has one. Otherwise it is named by its thumbprint, because a false id would revoke another token. An opaque token is
 * named by its thumbprints, which work while its server is down, and by what its server reports of it, because that
 * server may accept other spellings of the token. An API key is named by its id if it has a record, and otherwise by its
 * hash.
 */
export async function identifyToken(token: string, parts: IdentifyTokenParts): Promise<IdentifiedToken | Malformation> {
  if (hasKeyPrefix(token, parts.keyPrefix)) return identifyKey(token, parts);
  return parts.takesOpaque && !hasThreeParts(token) ? identifyOpaque(token, parts) : identifyJwt(token, parts);
}

async function identifyKey(
  token: string,
  { examiner, keyPrefix = '' }: IdentifyTokenParts,
): Promise<IdentifiedToken | Malformation> {
  if (!isApiKey(token, keyPrefix)) return 'checksum';
  const finding = await examiner.examine(token);
  if (finding.outcome === 'refused') {
    const unavailableAt = finding.reason === 'unavailable' ? finding.issuer : undefined;
    const byHash = { kind: 'thumbprint', thumbprint: hashOfKey(token), expiresAtSeconds: undefined } as const;
    return { targets: [byHash], failed: finding.check, unavailableAt };
  }
  const { validUntilMs, identity } = finding;
  const { issuer, subject, tokenId = '' } = identity;
  const expiresAtSeconds = Math.ceil(validUntilMs / 1000);
  return { targets: [{ kind: 'token', issuer, tokenId, expiresAtSeconds }], subject, failed: undefined };
}

async function identifyOpaque(
  token: string,
  { examiner, maxTokenLength }: IdentifyTokenParts,
): Promise<IdentifiedToken | Malformation> {
  const opaque = readOpaque(token, maxTokenLength);
  if (typeof opaque === 'string') return opaque;
  const finding = await examiner.examine(token);
  // Its server may extend it.
  const byThumbprint = opaque.thumbprints.map(
    (thumbprint): OneToken => ({ kind: 'thumbprint', thumbprint, expiresAtSeconds: undefined }),
  );
  const failed = finding.outcome === 'refused' ? finding.check : undefined;
  return { targets: [...byThumbprint, ...reportedTargets(finding)], failed };
}

function reportedTargets(finding: VerificationResult): readonly OneToken[] {
  if (finding.outcome === 'refused') return [];
  const { issuer, tokenId } = finding.identity;
  if (tokenId !== undefined) return [{ kind: 'token', issuer, tokenId, expiresAtSeconds: undefined }];
  const { reported: claims, validUntilMs } = finding;
  // These claims include the token's expiry, so they name nothing once it has passed.
  return claims === undefined
    ? []
    : [{ kind: 'claims', issuer, claims, expiresAtSeconds: Math.ceil(validUntilMs / 1000) }];
}

async function identifyJwt(
  token: string,
  { examiner, maxTokenLength }: IdentifyTokenParts,
): Promise<IdentifiedToken | Malformation> {
  const parsed = parseJwt(token, maxTokenLength);
  if (typeof parsed === 'string') return parsed;
  const finding = await examiner.examine(token);
  const { exp } = parsed.payload;
  const expiresAtSeconds = typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined;
  const { thumbprint } = parsed;
  const byThumbprint = { kind: 'thumbprint', thumbprint, expiresAtSeconds } as const;
  if (finding.outcome === 'refused') {
    const premature = prematureTarget(finding, parsed.payload, expiresAtSeconds);
    if (premature !== undefined)
      return { ...named(premature, parsed.payload), subject: textIn(parsed.payload['sub']), failed: undefined };
    const unavailableAt = finding.reason === 'unavailable' ? finding.issuer : undefined;
    return { targets: [byThumbprint], failed: finding.check, unavailableAt };
  }
  const { issuer, tokenId, subject } = finding.identity;
  if (tokenId === undefined) return { targets: [byThumbprint], failed: undefined };
  const { family, use } = finding;
  const ofFamily = use === 'refresh' ? tokenId : family;
  const target = { kind: 'token', issuer, tokenId, expiresAtSeconds } as const;
  return { targets: [target], subject, family: ofFamily, failed: undefined };
}

function named(target: OneToken, { jti, family, token_use }: Readonly<Record<string, unknown>>) {
  return { targets: [target], family: textIn(token_use === 'refresh' ? jti : family) };
}

/**
 * Names a token that seems to come from the future by its id. It passed every other check, so the id is authentic. The
 * token will be valid soon, or is valid already if our clock is behind.
 */
function prematureTarget(
  { check, issuer }: Refusal,
  { jti }: Readonly<Record<string, unknown>>,
  expiresAtSeconds: number | undefined,
): OneToken | undefined {
  const isPremature = PREMATURE.has(check) && issuer !== undefined;
  const tokenId = textIn(jti);
  return isPremature && tokenId !== undefined ? { kind: 'token', issuer, tokenId, expiresAtSeconds } : undefined;
}

function textIn(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}
