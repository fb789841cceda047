import type { AccessRequest } from '../../request.ts';
import { COOKIE, SUBPROTOCOLS } from './places.ts';

const PLACE = /^(?:authorization|websocketProtocol|(?<kind>header|cookie|query):(?<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+))$/;

/** Whether a text names a place: `authorization`, `websocketProtocol`, `header:NAME`, `cookie:NAME` or `query:NAME`. */
export function isPlace(text: string): boolean {
  return PLACE.test(text);
}

/**
 * A request with a token in a place, as a client would send it, to explain what is decided of it. A header holds the token
 * alone.
 *
 * @param place one for which {@link isPlace} is true.
 */
export function placeToken(request: AccessRequest, place: string, token: string): AccessRequest {
  const { kind, name = '' } = PLACE.exec(place)?.groups ?? {};
  if (place === 'authorization') return { ...request, authorization: `Bearer ${token}` };
  const fields = new Map(request.fields);
  const placed = { ...request, fields };
  if (place === 'websocketProtocol') fields.set(SUBPROTOCOLS, `bearer, ${token}`);
  else if (kind === 'header') fields.set(name.toLowerCase(), token);
  else if (kind === 'cookie') fields.set(COOKIE, `${name}=${token}`);
  if (kind !== 'query') return placed;
  const { path } = request;
  return { ...placed, path: `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(token)}` };
}
