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

/**
 * Strips every place of a route except Authorization, which no protected route passes on. A field that the gateway may hide is
 * removed as a whole.
 */
export function stripPlaces(request: AccessRequest, places: Places): Stripped {
  const { fields, hidesFields } = request;
  const remove = places.headers.map(({ name }) => name);
  const set: [name: string, value: string][] = [];
  const leave = (name: string, rest: string): void => {
    if (rest === '') remove.push(name);
    else set.push([name, rest]);
  };
  const shown = (name: string): string | undefined => fields?.get(name) ?? (hidesFields === true ? '' : undefined);
  const cookies = shown(COOKIE);
  if (places.cookies.length > 0 && cookies !== undefined) leave(COOKIE, withoutCookies(cookies, places.cookies));
  const subprotocols = shown(SUBPROTOCOLS);
  if (places.websocketProtocol && subprotocols !== undefined) leave(SUBPROTOCOLS, withoutToken(subprotocols));
  return { set, remove, query: queriesOf(request, places.queries) };
}

/** Those of these query parameters that a request has. */
export function queriesOf({ path }: AccessRequest, queries: readonly string[]): readonly string[] {
  return queries.filter((name) => hasParameter(path, name));
}
