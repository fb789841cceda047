import type { AccessRequest } from '../../request.ts';
import { withoutCookies } from './cookies.ts';
import type { Places } from './places.ts';
import { COOKIE, SUBPROTOCOLS } from './places.ts';
import { hasParameter } from './query.ts';
import { withoutToken } from './subprotocols.ts';

/** How a request changes so that no place of its route holds a credential any more. */
export interface Stripped {
  /** Header fields with what is left of them. */
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Names of header fields. */
  readonly remove: readonly string[];
  /** Names of query parameters that the request has. */
  readonly query: readonly string[];
}

/** Strips every place of a route except Authorization, which no protected route passes on. */
export function stripPlaces({ path, fields }: AccessRequest, places: Places): Stripped {
  const remove = places.headers.map(({ name }) => name);
  const set: [name: string, value: string][] = [];
  const leave = (name: string, rest: string): void => {
    if (rest === '') remove.push(name);
    else set.push([name, rest]);
  };
  const cookies = fields?.get(COOKIE);
  if (places.cookies.length > 0 && cookies !== undefined) leave(COOKIE, withoutCookies(cookies, places.cookies));
  const subprotocols = fields?.get(SUBPROTOCOLS);
  if (places.websocketProtocol && subprotocols !== undefined) leave(SUBPROTOCOLS, withoutToken(subprotocols));
  return { set, remove, query: places.queries.filter((name) => hasParameter(path, name)) };
}
