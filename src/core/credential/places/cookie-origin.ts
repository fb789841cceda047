import { allowsOrigin } from '../../cors/cors-rule.ts';
import type { AccessRequest } from '../../request.ts';
import type { Route } from '../../route.ts';
import { readHostName } from '../../route.ts';
import { FORWARDED_PROTO, HANDSHAKE_FIELDS, ORIGIN, SEC_FETCH_SITE } from './places.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `Sec-Fetch-Site` of a request that no page of another origin caused. Pages cannot write the field. */
const OWN_SITE: ReadonlySet<string | undefined> = new Set(['same-origin', 'none']);

/** What a route says of the pages that may use a cookie. */
export type CookieOrigins = Pick<Route, 'allowedOrigins' | 'cors'>;

/**
 * Whether a request may use the cookie that its browser sent by itself: pages of other origins make browsers send requests
 * with it, too (cross-site request forgery).
 *
 * `Origin` must be the request's own or an allowed one, with any method, since a WebSocket handshake is a GET. Without
 * it, a method that changes nothing is accepted, unless it is a handshake or the gateway may hide fields; everything else
 * needs `Sec-Fetch-Site`.
 *
 * @param route whose `allowedOrigins` may use it, too, and those of its CORS rule if browsers send credentials there.
 */
export function mayUseCookie(request: AccessRequest, route: CookieOrigins): boolean {
  const { fields } = request;
  const origin = fields?.get(ORIGIN);
  if (origin !== undefined) return isOwnOrigin(origin, request) || isAllowed(origin, route);
  return isSafe(request) || OWN_SITE.has(fields?.get(SEC_FETCH_SITE));
}

function isAllowed(origin: string, { allowedOrigins, cors }: CookieOrigins): boolean {
  return allowedOrigins?.has(origin) === true || (cors?.credentials === true && allowsOrigin(cors.origins, origin));
}

function isSafe({ method, fields, hidesFields }: AccessRequest): boolean {
  return SAFE_METHODS.has(method) && hidesFields !== true && !HANDSHAKE_FIELDS.some((name) => fields?.has(name));
}

/**
 * Whether an origin is that of the request. `http` is only for a request of which the gateway says that it came so: a page
 * that was sent in the clear may be anybody's. A scheme's own port is left out, as browsers do.
 */
function isOwnOrigin(origin: string, { host, fields }: AccessRequest): boolean {
  if (readHostName(host) === undefined || host === '') return false;
  const name = host.toLowerCase();
  if (origin === `https://${name.replace(/:443$/, '')}`) return true;
  return fields?.get(FORWARDED_PROTO) === 'http' && origin === `http://${name.replace(/:80$/, '')}`;
}
