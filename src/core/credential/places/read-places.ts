import type { SimpleCheck } from '../../check.ts';
import type { AccessRequest, Door } from '../../request.ts';
import type { Route } from '../../route.ts';
import type { Presented } from '../credential.ts';
import { readCredential } from '../credential.ts';
import type { CookieOrigins } from './cookie-origin.ts';
import { mayUseCookie } from './cookie-origin.ts';
import { findCookie } from './cookies.ts';
import type { FoundCredential } from './found-credential.ts';
import { AMBIGUOUS, foundToken, SEVERAL } from './found-credential.ts';
import type { HeaderPlace, Places } from './places.ts';
import { COOKIE, SUBPROTOCOLS } from './places.ts';
import { findParameter } from './query.ts';
import { findSubprotocol } from './subprotocols.ts';

/** A credential that is refused because of where it is. */
export interface Misplaced {
  readonly scheme: 'misplaced';
  readonly reason: 'credentials_required' | 'invalid_request';
  readonly check: Extract<SimpleCheck, 'ambiguous credential' | 'origin' | 'query not removed' | 'scheme'>;
}

const NONE: Presented = { scheme: 'none' };
const SEVERAL_CREDENTIALS: Presented = { scheme: 'several' };

/** The listeners whose gateway removes a query parameter, and those that only explain what they decide. */
const REMOVES_QUERY: ReadonlySet<Door> = new Set<Door>(['ext-authz', 'admin']);

/** Reads the credential of a request where its route says that it may be. */
export function readPresented(request: AccessRequest, route: ReadingRoute): Presented | Misplaced {
  const { credentialPlaces } = route;
  return credentialPlaces === undefined
    ? readCredential(request.authorization)
    : readPlaces(request, credentialPlaces, route);
}

/** What a route says of where credentials are. */
type ReadingRoute = CookieOrigins & Pick<Route, 'credentialPlaces'>;

/**
 * Reads the credential of a request in the places of its route. One in another place is not read. More than one is refused,
 * as is one that two parsers could read in different ways. Only Authorization may hold a password.
 *
 * @param route says which pages may use a cookie.
 */
export function readPlaces(request: AccessRequest, places: Places, route: CookieOrigins): Presented | Misplaced {
  const inField = places.authorization ? readCredential(request.authorization) : NONE;
  if (inField.scheme === 'several') return inField;
  let presented = inField;
  for (const { found, isCookie } of foundElsewhere(request, places)) {
    if (found.outcome === 'absent') continue;
    if (found.outcome === 'scheme') return misplaced('credentials_required', 'scheme');
    if (found.outcome === 'unremovable') return misplaced('invalid_request', 'query not removed');
    if (found.outcome === 'ambiguous') return misplaced('invalid_request', 'ambiguous credential');
    if (found.outcome === 'several' || presented.scheme !== 'none') return SEVERAL_CREDENTIALS;
    if (isCookie && !mayUseCookie(request, route)) return misplaced('credentials_required', 'origin');
    presented = { scheme: 'bearer', value: found.token };
  }
  return presented;
}

function misplaced(reason: Misplaced['reason'], check: Misplaced['check']): Misplaced {
  return { scheme: 'misplaced', reason, check };
}

/** `scheme`: a header field with another scheme than Bearer. `unremovable`: the gateway would pass it on in the query. */
type Found = FoundCredential | { readonly outcome: 'scheme' } | { readonly outcome: 'unremovable' };

interface Place {
  readonly found: Found;
  readonly isCookie: boolean;
}

function foundElsewhere({ door, path, fields }: AccessRequest, places: Places): readonly Place[] {
  const { headers, cookies, websocketProtocol, queries } = places;
  const found: readonly Found[] = [
    ...headers.map((place) => findHeader(fields?.get(place.name), place)),
    ...(websocketProtocol ? [findSubprotocol(fields?.get(SUBPROTOCOLS))] : []),
    ...queries.map((name) => removable(findParameter(path, name), door)),
  ];
  const inCookies = cookies.map((place) => ({ found: findCookie(fields?.get(COOKIE), place), isCookie: true }));
  return [...found.map((one) => ({ found: one, isCookie: false })), ...inCookies];
}

function removable(found: FoundCredential, door: Door): Found {
  return found.outcome === 'absent' || REMOVES_QUERY.has(door) ? found : { outcome: 'unremovable' };
}

/** No token has a comma, so two joined fields have one. */
function findHeader(value: string | undefined, { bearer }: HeaderPlace): Found {
  if (value?.includes(',')) return SEVERAL;
  if (!bearer) return foundToken(value ?? '');
  const presented = readCredential(value);
  if (presented.scheme === 'none') return { outcome: 'absent' };
  if (presented.scheme !== 'bearer' || presented.dpop === true) return { outcome: 'scheme' };
  return presented.value === '' ? AMBIGUOUS : foundToken(presented.value);
}
