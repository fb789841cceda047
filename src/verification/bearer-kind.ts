import type { JsonObject } from './json-object.ts';
import { isObject, membersOf } from './json-object.ts';

/** What keeps a token from counting as a plain bearer token, for the log. */
export type NotPlainBearer = 'token_type' | 'cnf';

/**
 * Where issuers say what kind of token it is: RFC 7662 and several JWT libraries, Cognito, Ory Hydra and ourselves,
 * Keycloak. Those of one token may stand side by side.
 */
const KIND_MEMBERS = ['token_type', 'token_use', 'typ'];

/** What an access token is called there; ID and refresh tokens, and those of DPoP, are called otherwise. */
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
 * Whether whoever bears a token may use it, by its claims or by what an introspection says of it: one rule for both.
 * Refused are tokens that are for other purposes (RFC 8725, section 3.11), and tokens that are bound to a key or a
 * certificate (`cnf`: RFC 7800, section 3.1; RFC 8705; RFC 9449), which nobody proves to have here.
 */
export function bearerProblem(claims: JsonObject): NotPlainBearer | undefined {
  if (!KIND_MEMBERS.every((member) => ACCESS_KINDS.has(mediaType(claims[member])))) return 'token_type';
  return isBound(claims['cnf']) ? 'cnf' : undefined;
}

/**
 * A media type in its one spelling: in lower case, and without the `application/` that may be left out (RFC 7515,
 * section 4.1.9). Any other value stays as it is.
 */
export function mediaType(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase().replace(/^application\/(?=[^/]+$)/, '') : value;
}

function isBound(confirmation: unknown): boolean {
  if (!isObject(confirmation)) return confirmation !== undefined;
  return Object.keys(membersOf(confirmation)).length > 0;
}
