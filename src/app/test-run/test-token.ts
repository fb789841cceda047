import { CompactSign } from 'jose';
import type { IssuerConfig, JwtIssuer } from '../../config/config.ts';
import type { SignedToken } from '../../config/tests/test-case.ts';
import type { TestKey } from './test-keys.ts';

/** How long a token is valid by default, in seconds. */
const LIFETIME_SECONDS = 300;

type Claims = NonNullable<SignedToken['claims']>;

/**
 * The claims of a test's token: those that its issuer would write, then those of the case.
 *
 * @param id `jti`.
 * @param nowMs Unix milliseconds.
 */
export function claimsOf(written: SignedToken, issuer: IssuerConfig, id: string, nowMs: number): Claims {
  const { claims = {}, isWhole } = written;
  const all = isWhole ? claims : { ...usualClaims(written, issuer, id, nowMs), ...claims };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
}

function usualClaims(written: SignedToken, issuer: IssuerConfig, id: string, nowMs: number): Claims {
  const { expiresIn = LIFETIME_SECONDS, scopes, use = 'access' } = written;
  const isOwn = issuer.kind === 'signing';
  const subject = written.subject ?? (isOwn ? undefined : issuer.requireSubject) ?? 'test';
  const nowSeconds = Math.floor(nowMs / 1000);
  const [audience] = issuer.audience ?? [];
  return {
    ...(issuer.issuer === undefined ? {} : { iss: issuer.issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    sub: subject,
    jti: id,
    // A token that has expired was issued before that.
    iat: expiresIn < 0 ? nowSeconds + expiresIn - LIFETIME_SECONDS : nowSeconds,
    exp: nowSeconds + expiresIn,
    ...(isOwn ? { token_use: use, scopes: scopes ?? [] } : scopesOf(scopes, issuer.scopeClaim)),
  };
}

/** Without a claim of its own, an issuer writes `scope` (RFC 9068, section 2.2.3). */
function scopesOf(scopes: readonly string[] | undefined, claim = 'scope'): Claims {
  return scopes === undefined ? {} : { [claim]: scopes.join(' ') };
}

/**
 * Signs a token.
 *
 * @param algorithm its `alg`, which the key fits.
 */
export async function signToken(
  claims: Claims,
  { type, isWhole }: SignedToken,
  issuer: JwtIssuer,
  algorithm: string,
  { kid, signing }: Pick<TestKey, 'kid' | 'signing'>,
): Promise<string> {
  const typ = type ?? (isWhole ? undefined : issuer.kind === 'signing' ? 'at+jwt' : 'JWT');
  const header = { alg: algorithm, ...(typ === undefined ? {} : { typ }), ...(kid === undefined ? {} : { kid }) };
  return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(signing);
}
