import type { CookiePlace } from './cookies.ts';

/** Where a route reads credentials, unless it reads the Authorization field alone. */
export interface Places {
  readonly authorization: boolean;
  readonly headers: readonly HeaderPlace[];
  readonly cookies: readonly CookiePlace[];
  /** Whether it reads `Sec-WebSocket-Protocol`. */
  readonly websocketProtocol: boolean;
  /** The names of query parameters. */
  readonly queries: readonly string[];
}

/** A header field that holds a credential. */
export interface HeaderPlace {
  /** In lower case. */
  readonly name: string;
  /** Whether its value is `Bearer <token>`; otherwise it is the token alone. */
  readonly bearer: boolean;
}

/** The places of a route that names none. */
export const AUTHORIZATION_ALONE: Places = {
  authorization: true,
  headers: [],
  cookies: [],
  websocketProtocol: false,
  queries: [],
};

export const COOKIE = 'cookie';
export const ORIGIN = 'origin';
export const SEC_FETCH_SITE = 'sec-fetch-site';
export const SUBPROTOCOLS = 'sec-websocket-protocol';
export const FORWARDED_PROTO = 'x-forwarded-proto';

/** Fields of a WebSocket handshake. Some gateways do not show `Upgrade`, which concerns one connection. */
export const HANDSHAKE_FIELDS: readonly string[] = ['upgrade', 'sec-websocket-key'];

/** The header fields that say whether a request may use a cookie. */
export const ORIGIN_FIELDS: readonly string[] = [ORIGIN, SEC_FETCH_SITE, FORWARDED_PROTO, ...HANDSHAKE_FIELDS];

/** The header fields other than Authorization in which credentials may be, by lower-case name. */
export function credentialFields({ headers, cookies, websocketProtocol }: Places): readonly string[] {
  const names = headers.map(({ name }) => name);
  if (cookies.length > 0) names.push(COOKIE);
  if (websocketProtocol) names.push(SUBPROTOCOLS);
  return names;
}

/** A place as the configuration writes it. */
export type WrittenPlace =
  | 'authorization'
  | 'websocketProtocol'
  | { readonly header: string; readonly scheme?: 'Bearer' | undefined }
  | { readonly cookie: string }
  | { readonly query: string };

/** The places as the configuration writes them, without the origins of cookies. */
export function writtenPlaces(places: Places): readonly WrittenPlace[] {
  const { authorization, headers, cookies, websocketProtocol, queries } = places;
  return [
    ...(authorization ? (['authorization'] as const) : []),
    ...headers.map(({ name, bearer }) => (bearer ? ({ header: name, scheme: 'Bearer' } as const) : { header: name })),
    ...cookies.map(({ name }) => ({ cookie: name })),
    ...(websocketProtocol ? (['websocketProtocol'] as const) : []),
    ...queries.map((name) => ({ query: name })),
  ];
}

/** The places in words. */
export function placesText(places: Places): string {
  return writtenPlaces(places).map(placeText).join(', ');
}

function placeText(place: WrittenPlace): string {
  if (place === 'authorization') return 'Authorization';
  if (place === 'websocketProtocol') return 'Sec-WebSocket-Protocol';
  if ('header' in place) return `the header ${place.header}`;
  return 'cookie' in place ? `the cookie ${place.cookie}` : `the query parameter ${place.query}`;
}
