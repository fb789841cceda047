import type { IssuerConfig } from '../config/issuer-config.ts';
import type { Binding } from '../core/binding/binding.ts';
import { isBoundAs } from '../core/binding/binding.ts';
import type { TokenUse } from '../core/credential/verified-credential.ts';
import { TOKEN_USES } from '../core/credential/verified-credential.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { isAccessToken, isOwnRefreshToken, mediaType } from './bearer-kind.ts';
import { readConfirmation } from './binding/confirmation.ts';
import { audiencesIn, meetsAudience, meetsIssuer, meetsTenant } from './issuer-match.ts';
import type { ParsedJwt } from './jwt.ts';
import { unmetCondition } from './required-claims.ts';
import type { FailedScopes, ReadScopes } from './scope-claims.ts';
import { readScopes } from './scope-claims.ts';
import { readSubject } from './subject-claim.ts';

/** The claims that a decision uses (RFC 7519, section 4.1), with checked types. */
export interface Claims extends ReadScopes {
  readonly subject: string | undefined;
  readonly tokenId: string | undefined;
  /** Unix seconds, fractions allowed; `Infinity` if absent. */
  readonly expiresAtSeconds: number;
  /** Unix seconds; `-Infinity` if absent. */
  readonly notBeforeSeconds: number;
  /** Unix seconds; `-Infinity` if absent. */
  readonly issuedAtSeconds: number;
  readonly audiences: readonly string[];
  /** The kind of one of our own tokens; `undefined` for those of other issuers. */
  readonly use: TokenUse | undefined;
  /** See `VerifiedCredential`; `undefined` for tokens of other issuers, likewise the next one. */
  readonly family: string | undefined;
  readonly sequence: number | undefined;
  /** What its client must prove to possess; `undefined` if any bearer may use it. */
  readonly binding: Binding | undefined;
}

/** Which check a token failed, for the log. */
export type FailedClaim =
  | 'token_type'
  | 'cnf'
  | 'not bound'
  | 'type'
  | 'iss'
  | 'tid'
  | 'aud'
  | 'sub'
  | 'exp'
  | 'nbf'
  | 'iat'
  | 'jti'
  | 'require'
  | FailedScopes
  | 'token_use';

const MAX_STRING_LENGTH = 1024;
/**
 * Accepted values of `typ`: a JWT, any compact JWS (RFC 7515, section 4.1.9), or an access token (RFC 9068, section
 * 2.1). Other kinds of JWT are not credentials (RFC 8725, section 3.11).
 */
const FOREIGN_TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'jose', 'at+jwt']);

/** Checks a token's claims against its issuer's profile. Does not check the signature. */
export function readClaims({ header, payload }: ParsedJwt, issuer: IssuerConfig): Claims | FailedClaim {
  const { typ } = header;
  if (issuer.kind === 'signing' && isOwnRefreshToken(typ, payload)) return readPayload(payload, issuer, true);
  return isRightType(typ, issuer) ? readPayload(payload, issuer) : 'type';
}

/**
 * Checks a JWT payload, or an introspection response, whose members are the same claims (RFC 7662, section 2.2).
 *
 * @param isRefreshToken whether it is one of our own refresh tokens, which are no access tokens.
 */
export function readPayload(payload: JsonObject, issuer: IssuerConfig, isRefreshToken = false): Claims | FailedClaim {
  const confirmation = readConfirmation(payload);
  const binding = confirmation.outcome === 'bound' ? confirmation.binding : undefined;
  if (!isRefreshToken && !isAccessToken(payload, binding?.key !== undefined)) return 'token_type';
  if (confirmation.outcome === 'unsupported') return 'cnf';
  if (issuer.kind !== 'signing' && issuer.bound !== undefined && !isBoundAs(issuer.bound, binding)) return 'not bound';
  if (!meetsIssuer(payload['iss'], issuer)) return 'iss';
  if (!meetsTenant(payload, issuer)) return 'tid';
  if (!meetsAudience(payload, issuer)) return 'aud';
  const { exp, nbf, iat, jti } = payload;
  const read = readSubject(payload, issuer);
  if (read === undefined) return 'sub';
  if (!isOptionalDate(exp) || (exp === undefined && requiresExpiry(issuer))) return 'exp';
  if (!isOptionalDate(nbf)) return 'nbf';
  if (!isOptionalDate(iat)) return 'iat';
  if (!isOptionalString(jti)) return 'jti';
  const own = issuer.kind === 'signing' ? readOwnClaims(payload) : FOREIGN;
  if (own === undefined) return 'token_use';
  if (unmetCondition(payload, issuer) !== undefined) return 'require';
  const scopes = readScopes(payload, issuer);
  if (typeof scopes === 'string') return scopes;
  return {
    subject: read.subject,
    tokenId: jti,
    expiresAtSeconds: exp ?? Number.POSITIVE_INFINITY,
    notBeforeSeconds: nbf ?? Number.NEGATIVE_INFINITY,
    issuedAtSeconds: iat ?? Number.NEGATIVE_INFINITY,
    ...scopes,
    audiences: audiencesIn(payload) ?? [],
    ...own,
    binding,
  };
}

type OwnClaims = Pick<Claims, 'use' | 'family' | 'sequence'>;

const FOREIGN: OwnClaims = { use: undefined, family: undefined, sequence: undefined };

/** The claims that only our own tokens have; `undefined` if one of them is none that we write. */
function readOwnClaims({ token_use, family, seq }: JsonObject): OwnClaims | undefined {
  const use = TOKEN_USES.find((name) => name === token_use);
  if (use === undefined || !isOptionalString(family)) return undefined;
  if (use !== 'refresh') return { use, family, sequence: undefined };
  const isNumber = typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0;
  return isNumber ? { use, family: undefined, sequence: seq } : undefined;
}

function requiresExpiry(issuer: IssuerConfig): boolean {
  return issuer.kind === 'signing' || issuer.requireExpiry;
}

function isRightType(typ: unknown, issuer: IssuerConfig): boolean {
  const type = mediaType(typ);
  return issuer.kind === 'signing' ? type === 'at+jwt' : FOREIGN_TYPES.has(type);
}

function isOptionalString(value: unknown): value is string | undefined {
  if (value === undefined) return true;
  return typeof value === 'string' && value.length <= MAX_STRING_LENGTH && value.isWellFormed();
}

/** NumericDate: seconds, fractions allowed (RFC 7519, section 2). */
function isOptionalDate(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}
