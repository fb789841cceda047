import type { IssuerConfig } from '../config/config.ts';
import type { TokenUse } from '../core/verified-credential.ts';
import { TOKEN_USES } from '../core/verified-credential.ts';
import type { NotPlainBearer } from './bearer-kind.ts';
import { bearerProblem, mediaType } from './bearer-kind.ts';
import type { JsonObject } from './json-object.ts';
import type { ParsedJwt } from './jwt.ts';

/** The claims that a decision rests on (RFC 7519, section 4.1), of the right types. */
export interface Claims {
  readonly subject: string | undefined;
  readonly tokenId: string | undefined;
  /** Unix seconds, fractions allowed; `Infinity` where absent. */
  readonly expiresAtSeconds: number;
  /** Unix seconds; `-Infinity` where absent. */
  readonly notBeforeSeconds: number;
  /** Unix seconds; `-Infinity` where absent. */
  readonly issuedAtSeconds: number;
  readonly scopes: readonly string[];
  /** `undefined` for a token that is not ours. */
  readonly use: TokenUse | undefined;
}

/** Which check a token failed, for the log. */
export type FailedClaim =
  | NotPlainBearer
  | 'type'
  | 'iss'
  | 'aud'
  | 'sub'
  | 'exp'
  | 'nbf'
  | 'iat'
  | 'jti'
  | FailedScopes
  | 'token_use';

type FailedScopes = 'scopes' | 'over 1000 scopes';

const MAX_STRING_LENGTH = 1024;
/** However they are written: a claim of more is refused. */
const MAX_SCOPES = 1000;
/**
 * A JWT, a compact JWS at all (RFC 7515, section 4.1.9), or an access token (RFC 9068, section 2.1); other kinds of JWT
 * are not credentials (RFC 8725, section 3.11).
 */
const FOREIGN_TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'jose', 'at+jwt']);

/** Checks a token's claims against its issuer's profile. The signature is somebody else's question. */
export function readClaims({ header, payload }: ParsedJwt, issuer: IssuerConfig): Claims | FailedClaim {
  return isRightType(header['typ'], issuer) ? readPayload(payload, issuer) : 'type';
}

/** The same for what an authorization server says of a token (RFC 7662, section 2.2): its members are such claims. */
export function readPayload(payload: JsonObject, issuer: IssuerConfig): Claims | FailedClaim {
  const problem = bearerProblem(payload);
  if (problem !== undefined) return problem;
  if (!meetsIssuer(payload['iss'], issuer)) return 'iss';
  if (!meetsAudience(payload, issuer)) return 'aud';
  const { sub, exp, nbf, iat, jti } = payload;
  if (!isOptionalText(sub) || !meetsSubject(sub, issuer)) return 'sub';
  if (!isOptionalDate(exp) || (exp === undefined && requiresExpiry(issuer))) return 'exp';
  if (!isOptionalDate(nbf)) return 'nbf';
  if (!isOptionalDate(iat)) return 'iat';
  if (!isOptionalText(jti)) return 'jti';
  const use = issuer.kind === 'signing' ? TOKEN_USES.find((name) => name === payload['token_use']) : undefined;
  if (issuer.kind === 'signing' && use === undefined) return 'token_use';
  const scopes = readScopes(payload, issuer);
  if (typeof scopes === 'string') return scopes;
  return {
    subject: sub,
    tokenId: jti,
    expiresAtSeconds: exp ?? Number.POSITIVE_INFINITY,
    notBeforeSeconds: nbf ?? Number.NEGATIVE_INFINITY,
    issuedAtSeconds: iat ?? Number.NEGATIVE_INFINITY,
    scopes,
    use,
  };
}

/**
 * Whether `iss` is the one that the issuer's profile asks for; where that asks for none, whether there is none, or one
 * that no other issuer claims. A server that is asked need not say that it is itself.
 */
export function meetsIssuer(iss: unknown, profile: IssuerConfig): boolean {
  if (iss === undefined) return profile.issuer === undefined || profile.kind === 'introspection';
  if (profile.kind === 'signing' || profile.issuer !== undefined) return iss === profile.issuer;
  return typeof iss === 'string' && !profile.claimedByOthers.has(iss);
}

/** Whether the token's audience is one that the issuer's profile takes; `aud` is a string or an array of them. */
export function meetsAudience(payload: JsonObject, { audience }: IssuerConfig): boolean {
  const { aud } = payload;
  const named: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  if (!named.every((value) => typeof value === 'string')) return false;
  return audience === undefined || audience.some((wanted) => named.includes(wanted));
}

/** Whether the token's subject is the one that the issuer's profile asks for. */
export function meetsSubject(subject: unknown, issuer: IssuerConfig): boolean {
  const required = issuer.kind === 'signing' ? undefined : issuer.requireSubject;
  return required === undefined || subject === required;
}

function requiresExpiry(issuer: IssuerConfig): boolean {
  return issuer.kind === 'signing' || issuer.requireExpiry;
}

function isRightType(typ: unknown, issuer: IssuerConfig): boolean {
  const type = mediaType(typ);
  return issuer.kind === 'signing' ? type === 'at+jwt' : FOREIGN_TYPES.has(type);
}

function isOptionalText(value: unknown): value is string | undefined {
  if (value === undefined) return true;
  return typeof value === 'string' && value.length <= MAX_STRING_LENGTH && value.isWellFormed();
}

/** NumericDate: seconds, maybe with a fraction (RFC 7519, section 2). */
function isOptionalDate(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}

/** The scopes that a token carries for us: what its profile grants, or its own as far as the profile allows them. */
function readScopes(payload: JsonObject, issuer: IssuerConfig): readonly string[] | FailedScopes {
  // A session of the console has none.
  if (issuer.kind === 'signing') return scopesIn(payload['scopes'] ?? []);
  if (issuer.grant !== undefined) return issuer.grant;
  const names = issuer.scopeClaim === undefined ? ['scopes', 'scope', 'scp'] : [issuer.scopeClaim];
  const present = names.find((name) => payload[name] !== undefined);
  const scopes = present === undefined ? [] : scopesIn(payload[present]);
  return typeof scopes === 'string' ? scopes : scopes.filter((scope) => issuer.allowScopes.has(scope));
}

/** An array of scopes, or one string with spaces between (RFC 6749, section 3.3). */
function scopesIn(value: unknown): readonly string[] | FailedScopes {
  const scopes: unknown = typeof value === 'string' ? value.split(' ').filter((scope) => scope !== '') : value;
  if (!Array.isArray(scopes) || !scopes.every((entry) => typeof entry === 'string')) return 'scopes';
  return scopes.length <= MAX_SCOPES ? scopes : 'over 1000 scopes';
}
