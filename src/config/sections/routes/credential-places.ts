import { cookiePlace } from '../../../core/credential/places/cookies.ts';
import type { Places } from '../../../core/credential/places/places.ts';
import type { Route } from '../../../core/route.ts';
import { quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { WrittenPlaces } from './credential-places-schema.ts';

/**
 * Reads where a route reads credentials; nothing for a route that reads Authorization alone.
 *
 * @param identityHeaders the names of the headers in which upstreams receive the identity.
 */
export function readCredentialPlaces(
  draft: Draft,
  path: Path,
  written: WrittenPlaces | undefined,
  identityHeaders: readonly string[],
): Pick<Route, 'credentialPlaces' | 'allowedOrigins'> {
  if (written === undefined) return {};
  refuseRepeated(draft, path, written);
  refuseIdentity(draft, path, written, identityHeaders);
  const entries = written.filter((place) => typeof place === 'object');
  const cookies = entries.flatMap((place) => ('cookie' in place ? [place] : []));
  const places: Places = {
    authorization: written.includes('authorization'),
    headers: entries.flatMap((place) =>
      'header' in place ? [{ name: place.header, bearer: place.scheme !== undefined }] : [],
    ),
    cookies: cookies.map(({ cookie }) => cookiePlace(cookie)),
    websocketProtocol: written.includes('websocketProtocol'),
    queries: entries.flatMap((place) => ('query' in place ? [place.query] : [])),
  };
  if (places.authorization && written.length === 1) return {};
  const origins = cookies.flatMap((place) => place.origins ?? []);
  return { credentialPlaces: places, ...(origins.length === 0 ? {} : { allowedOrigins: new Set(origins) }) };
}

/** Whether a route reads Authorization, which alone may hold a password. */
export function readsAuthorization(written: WrittenPlaces | undefined): boolean {
  return written === undefined || written.includes('authorization');
}

function refuseRepeated(draft: Draft, path: Path, written: WrittenPlaces): void {
  const seen = new Set<string>();
  for (const [index, place] of written.entries()) {
    const { kind, name } = nameOf(place);
    // Servers that decode names take those for one parameter that differ in letter case only.
    const key = `${kind} ${kind === 'query' ? name.toLowerCase().replaceAll('-', '_') : name}`;
    if (seen.has(key)) draft.refuse([...path, index], `${quote(name)} is listed twice`);
    seen.add(key);
  }
}

function refuseIdentity(draft: Draft, path: Path, written: WrittenPlaces, identityHeaders: readonly string[]): void {
  for (const [index, place] of written.entries()) {
    if (typeof place === 'string' || !('header' in place) || !identityHeaders.includes(place.header)) continue;
    draft.refuse([...path, index, 'header'], `${quote(place.header)} carries the identity`);
  }
}

function nameOf(place: WrittenPlaces[number]): { readonly kind: string; readonly name: string } {
  if (typeof place === 'string') return { kind: '', name: place };
  if ('header' in place) return { kind: 'header', name: place.header };
  return 'cookie' in place ? { kind: 'cookie', name: place.cookie } : { kind: 'query', name: place.query };
}
