import { REFRESH_TYPE } from '../core/credential/verified-credential.ts';
import type { JsonObject } from '../lib/json-object.ts';

/**
 * The members that name a token's kind: `token_type` (RFC 7662 and several JWT libraries), `token_use` (Cognito, Ory
 * Hydra and Sallyport) and `typ` (Keycloak). One token may have several of them.
 */
export const KIND_MEMBERS = ['token_type', 'token_use', 'typ'];

/** The values that mean an access token. ID tokens, refresh tokens and DPoP tokens have other values. */
const ACCESS_KINDS: ReadonlySet<unknown> = new Set([
  undefined,
  'bearer',
  'access',
  'access_token',
  'at+jwt',
  'jwt',
  // Our own kinds (contract section 4).
  'login',
  'private',
]);

/**
 * Whether a token is an access token. The same rule applies to the claims of a JWT and to an introspection response. It
 * refuses tokens for other purposes (RFC 8725, section 3.11).
 *
 * @param isBoundToKey whether `cnf` has a `jkt`: only then may `token_type` be `DPoP` (RFC 9449, sections 5 and 6.2).
 */
export function isAccessToken(claims: JsonObject, isBoundToKey: boolean): boolean {
  return KIND_MEMBERS.every((member) => {
    const kind = mediaType(claims[member]);
    return ACCESS_KINDS.has(kind) || (isBoundToKey && member === 'token_type' && kind === 'dpop');
  });
}

/**
 * Whether a JWT of our own issuer is a refresh token: by its `typ` and its `token_use`, and nothing else in it names
 * another kind. Refresh tokens of other issuers stay refused.
 */
export function isOwnRefreshToken(typ: unknown, claims: JsonObject): boolean {
  const { token_type, token_use, typ: kind } = claims;
  return mediaType(typ) === REFRESH_TYPE && token_use === 'refresh' && (token_type ?? kind) === undefined;
}

/**
 * Normalizes a media type: lower case, without the optional `application/` prefix (RFC 7515, section 4.1.9). Returns
 * any other value unchanged.
 */
export function mediaType(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase().replace(/^application\/(?=[^/]+$)/, '') : value;
}
