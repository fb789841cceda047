import type { Verifier } from '../core/ports.ts';
import type { Malformation } from '../jwt/token.ts';
import { hasThreeParts, parseToken, readOpaque } from '../jwt/token.ts';
import type { OneToken } from '../revocation/target.ts';

/** A token as its revocation names it. */
export interface IdentifiedToken {
  readonly target: OneToken;
  /** Whose it is, where it is named by its id and says so. */
  readonly subject?: string | undefined;
  /** Which check it failed, where it is not one that would be taken; `undefined` for a token that was verified. */
  readonly failed: string | undefined;
  /** The name of its issuer, where that could not be asked whether it is a good one. */
  readonly unavailableAt?: string | undefined;
}

export interface IdentifyTokenParts {
  readonly verifier: Verifier;
  /** Whether a token that is no JWT may be one of a configured issuer. */
  readonly takesOpaque: boolean;
}

/**
 * How to name a token so that its revocation ends it, and no other: by its id where it is verified and has one. What
 * else it says may be a lie that ends somebody else's, so it is named by its thumbprint then. So is an opaque one, for
 * ever: nobody need be asked about it, and its server may put its end off.
 */
export async function identifyToken(
  token: string,
  { verifier, takesOpaque }: IdentifyTokenParts,
): Promise<IdentifiedToken | Malformation> {
  return takesOpaque && !hasThreeParts(token) ? identifyOpaque(token) : identifyJwt(token, verifier);
}

function identifyOpaque(token: string): IdentifiedToken | Malformation {
  const opaque = readOpaque(token);
  if (typeof opaque === 'string') return opaque;
  return { target: { kind: 'thumbprint', ...opaque, expiresAtSeconds: undefined }, failed: undefined };
}

async function identifyJwt(token: string, verifier: Verifier): Promise<IdentifiedToken | Malformation> {
  const parsed = parseToken(token);
  if (typeof parsed === 'string') return parsed;
  const finding = await verifier.verify({ scheme: 'bearer', value: token });
  const { exp } = parsed.payload;
  const expiresAtSeconds = typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined;
  const { thumbprint } = parsed;
  const byThumbprint = { kind: 'thumbprint', thumbprint, expiresAtSeconds } as const;
  if (finding.outcome === 'refused') {
    const unavailableAt = finding.reason === 'unavailable' ? finding.issuer : undefined;
    return { target: byThumbprint, failed: finding.check, unavailableAt };
  }
  const { issuer, tokenId, subject } = finding.identity;
  if (tokenId === undefined) return { target: byThumbprint, failed: undefined };
  return { target: { kind: 'token', issuer, tokenId, expiresAtSeconds }, subject, failed: undefined };
}
