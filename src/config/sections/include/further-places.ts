import type { Places } from '../../../core/credential/places/places.ts';
import { AUTHORIZATION_ALONE, writtenPlaces } from '../../../core/credential/places/places.ts';
import type { Route } from '../../../core/route.ts';

/** Whether a route reads a credential that a rule ignores: in a further place, or in a cookie for a further origin. */
export function readsMorePlaces(route: Route, rule: Route): boolean {
  const known = new Set(namesOf(rule.credentialPlaces));
  if (namesOf(route.credentialPlaces).some((name) => !known.has(name))) return true;
  const origins = new Set(originsOf(rule));
  return originsOf(route).some((origin) => !origins.has(origin));
}

/** The origins whose pages may use a cookie of a route. */
function originsOf({ credentialPlaces, allowedOrigins, cors }: Route): readonly string[] {
  if (credentialPlaces === undefined || credentialPlaces.cookies.length === 0) return [];
  const own = [...(allowedOrigins ?? [])];
  if (cors?.credentials !== true) return own;
  const { exact, below } = cors.origins;
  return [...own, ...exact, ...below.map(({ scheme, suffix }) => `${scheme}*${suffix}`)];
}

function namesOf(places: Places = AUTHORIZATION_ALONE): readonly string[] {
  return writtenPlaces(places).map((place) => JSON.stringify(place));
}
