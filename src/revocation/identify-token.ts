import type { Check } from '../core/check.ts';
import type { TokenExaminer } from '../core/ports.ts';
import type { Refusal, VerificationResult } from '../core/verified-credential.ts';
import type { OneToken } from '../revocation-set/target.ts';
import type { Malformation } from '../verification/jwt.ts';
import { hasThreeParts, parseJwt } from '../verification/jwt.ts';
import { readOpaque } from '../verification/opaque-token.ts';

/** The checks that come after the signature, and fail by our clock alone. */
const PREMATURE: ReadonlySet<Check> = new Set(['nbf', 'iat']);

/** A token as its revocation names it. */
export interface IdentifiedToken {
  /** What ends it: all of these together, at least one. */
  readonly targets: readonly OneToken[];
  /** Whose it is, where it is named by its id and says so. */
  readonly subject?: string | undefined;
  /** Which check it failed, where it is not one that would be taken; `undefined` for a token that was verified. */
  readonly failed: Check | undefined;
  /** The name of its issuer, where that could not be asked whether it is a good one. */
  readonly unavailableAt?: string | undefined;
}

export interface IdentifyTokenParts {
  readonly examiner: TokenExaminer;
  /** Whether a token that is no JWT may be one of a configured issuer. */
  readonly takesOpaque: boolean;
  /** Of a token that is looked at, in characters. */
  readonly maxTokenLength: number;
}

/**
 * How to name a token so that its revocation ends it, and no other. A JWT is named by its id where it is verified and
 * has one; what else it says may be a lie that ends somebody else's, so it is named by its thumbprint then. An opaque
 * token is named by its thumbprints, for when its server is away, and by what its server reports of it, because that
 * server may take other spellings of it.
 */
export async function identifyToken(token: string, parts: IdentifyTokenParts): Promise<IdentifiedToken | Malformation> {
  return parts.takesOpaque && !hasThreeParts(token) ? identifyOpaque(token, parts) : identifyJwt(token, parts);
}

async function identifyOpaque(
  token: string,
  { examiner, maxTokenLength }: IdentifyTokenParts,
): Promise<IdentifiedToken | Malformation> {
  const opaque = readOpaque(token, maxTokenLength);
  if (typeof opaque === 'string') return opaque;
  const finding = await examiner.examine(token);
  // Its server may put its end off.
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
  // Such claims hold the token's end, so they name nothing any more once that has passed.
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
      return { targets: [premature], subject: textIn(parsed.payload['sub']), failed: undefined };
    const unavailableAt = finding.reason === 'unavailable' ? finding.issuer : undefined;
    return { targets: [byThumbprint], failed: finding.check, unavailableAt };
  }
  const { issuer, tokenId, subject } = finding.identity;
  if (tokenId === undefined) return { targets: [byThumbprint], failed: undefined };
  return { targets: [{ kind: 'token', issuer, tokenId, expiresAtSeconds }], subject, failed: undefined };
}

/**
 * A token that seems to come from the future is verified but for that, and will count soon; or our clock is behind. So its
 * id can be believed, and is what others know it by.
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
