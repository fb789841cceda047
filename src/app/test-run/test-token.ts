import { CompactSign } from 'jose/jws/compact/sign';
import type { IssuerConfig, JwtIssuer } from '../../config/issuer-config.ts';
import { subjectClaimsOf } from '../../config/subject-claims.ts';
import type { SignedToken } from '../../config/tests/test-case.ts';
import { tenantOf } from '../../verification/issuer-match.ts';
import { claimsWith, withRequired } from './required-claims.ts';
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
  const nowSeconds = Math.floor(nowMs / 1000);
  const [audience] = issuer.audience ?? [];
  const claims = {
    ...issOf(issuer),
    ...(audience === undefined ? {} : { aud: audience }),
    jti: id,
    // A token that has expired was issued before that.
    iat: expiresIn < 0 ? nowSeconds + expiresIn - LIFETIME_SECONDS : nowSeconds,
    exp: nowSeconds + expiresIn,
    ...(isOwn ? { token_use: use, scopes: scopes ?? [] } : {}),
  };
  const usual = { ...claims, ...subjectOf(undefined, issuer, claims) };
  const required = isOwn ? usual : withRequired(usual, issuer.require);
  // What the case says comes last, whether or not the issuer accepts it.
  const { subject } = written;
  const withSubject = subject === undefined ? required : { ...required, ...subjectOf(subject, issuer, required) };
  return isOwn || scopes === undefined ? withSubject : { ...withSubject, ...scopesOf(scopes, issuer, withSubject) };
}

/** The first `iss` of the issuer, and its tenant. */
function issOf(issuer: IssuerConfig): Claims {
  const [iss] = issuer.issuer;
  if (iss === undefined) return {};
  const tid = tenantOf({ iss }, issuer);
  return { iss, ...(tid === undefined ? {} : { tid }) };
}

/** The subject in the first claim in which the issuer may write it. */
function subjectOf(subject: string | undefined, issuer: IssuerConfig, claims: Claims): Claims {
  const [{ path, prefix } = { path: ['sub'], prefix: '' }] = subjectClaimsOf(issuer);
  const required = issuer.kind === 'signing' ? undefined : issuer.requireSubject;
  const whole = subject ?? required ?? `${prefix}test`;
  return claimsWith(claims, path, whole.startsWith(prefix) ? whole.slice(prefix.length) : whole);
}

/** Without a claim of its own, an issuer writes `scope` (RFC 9068, section 2.2.3). Words with a space fit a list only. */
function scopesOf(
  words: readonly string[],
  issuer: Exclude<IssuerConfig, { kind: 'signing' }>,
  claims: Claims,
): Claims {
  const [path = ['scope']] = issuer.scopeClaim ?? [];
  return claimsWith(claims, path, words.some((word) => word.includes(' ')) ? [...words] : words.join(' '));
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
