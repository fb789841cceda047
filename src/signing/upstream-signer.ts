import { SignJWT } from 'jose/jwt/sign';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Clock, UpstreamSigner } from '../core/ports.ts';
import type { NamedClaim } from '../core/upstream/upstream-headers.ts';
import type { UpstreamToken } from '../core/upstream/upstream-token.ts';
import { isRenewalDue, LONGEST_UPSTREAM_TOKEN } from '../core/upstream/upstream-token.ts';
import { instantOf } from '../lib/clock.ts';
import type { SigningKeys } from './token-signer.ts';
import { upstreamClaims } from './upstream-claims.ts';

/** The type of a signed identity. It is no access token to us, nor to anyone who follows RFC 9068. */
const TYPE = 'sallyport-identity+jwt';

/** After a failure, nothing is renewed in the background for so long. */
const PAUSE_MS = 1_000;

export interface UpstreamSignerParts {
  readonly issuer: Pick<OwnIssuer, 'issuer'>;
  readonly audience: readonly string[];
  readonly ttlSeconds: number;
  /** The claims of the verified token that it carries. */
  readonly claims: readonly NamedClaim[];
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly clockSkewMs: number;
  /** Told of what fails where no request waits for it. */
  readonly failed: (error: unknown) => void;
}

/** Signs identities for upstreams with the key that signs our own tokens. */
export function createUpstreamSigner(parts: UpstreamSignerParts): UpstreamSigner {
  const { clock, failed } = parts;
  const running = new Map<VerifiedCredential, Promise<void>>();
  const tooLong = new Set<string>();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  const begin = async (credential: VerifiedCredential): Promise<void> => {
    const token = await signIdentity(credential, parts);
    const { issuer } = credential.identity;
    if (token.value === undefined && !tooLong.has(issuer)) {
      tooLong.add(issuer);
      failed(
        new Error(
          `the signed identity of a caller of ${issuer} is over ${LONGEST_UPSTREAM_TOKEN} characters: it is not sent`,
        ),
      );
    }
    credential.upstream.token = token;
  };
  const sign = (credential: VerifiedCredential): Promise<void> => {
    const started = running.get(credential) ?? begin(credential).finally(() => running.delete(credential));
    running.set(credential, started);
    return started;
  };
  return {
    sign,
    renewIfDue: (credential, now) => {
      if (!isRenewalDue(credential.upstream, now) || running.has(credential)) return;
      if (now.monotonicMs < pausedUntilMs) return;
      sign(credential).catch((error: unknown) => {
        pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
        failed(error);
      });
    },
  };
}

async function signIdentity(
  credential: VerifiedCredential,
  { issuer: { issuer: ours }, audience, ttlSeconds, claims, keys, clock, clockSkewMs }: UpstreamSignerParts,
): Promise<UpstreamToken> {
  const { algorithm, kid, signing, verification } = await keys.current();
  if (algorithm === 'HS256') {
    throw new Error(`the signing key ${kid} is for HS256, which is not published: run \`sallyport keys rotate\``);
  }
  const [issuer] = ours;
  const signedAt = instantOf(clock);
  const issuedAtSeconds = Math.floor(signedAt.wallMs / 1000);
  const { expiresAtSeconds, isLast } = endOf(credential, signedAt.wallMs, ttlSeconds, clockSkewMs);
  const jwt = await new SignJWT({ ...upstreamClaims(credential, claims, issuer) })
    .setProtectedHeader({ alg: algorithm, typ: TYPE, kid })
    .setIssuer(issuer)
    .setAudience(audience.length === 1 ? audience.join() : [...audience])
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(expiresAtSeconds)
    .sign(signing);
  const lifeMs = expiresAtSeconds * 1000 - signedAt.wallMs;
  return {
    value: jwt.length > LONGEST_UPSTREAM_TOKEN ? undefined : jwt,
    signedAt,
    renewAfterMs: isLast ? Number.POSITIVE_INFINITY : lifeMs / 2,
    lateAfterMs: isLast ? Number.POSITIVE_INFINITY : lifeMs * 0.9,
    lifeMs,
    key: verification.inForce,
  };
}

/**
 * It never outlives its credential. A credential whose own end has passed is admitted for `clockSkew` more; only then does its
 * identity end with that. Times are whole seconds, unless not even one is left.
 */
function endOf(
  { validUntilMs }: VerifiedCredential,
  nowMs: number,
  ttlSeconds: number,
  clockSkewMs: number,
): { readonly expiresAtSeconds: number; readonly isLast: boolean } {
  const nowSeconds = nowMs / 1000;
  const ownEnd = (validUntilMs - clockSkewMs) / 1000;
  const end = ownEnd > nowSeconds ? ownEnd : validUntilMs / 1000;
  const expiresAtSeconds = Math.min(Math.floor(nowSeconds) + ttlSeconds, end);
  const whole = Math.floor(expiresAtSeconds);
  return { expiresAtSeconds: whole > nowSeconds ? whole : expiresAtSeconds, isLast: expiresAtSeconds >= end };
}
