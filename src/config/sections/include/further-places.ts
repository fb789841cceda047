import type { Places } from '../../../core/credential/places/places.ts';
import { AUTHORIZATION_ALONE, writtenPlaces } from '../../../core/credential/places/places.ts';
import type { Route } from '../../../core/route.ts';

/** Whether a route reads a credential that a rule ignores: in a further place, or in a cookie for a further origin. */
export function readsMorePlaces(route: Route, rule: Route): boolean {
  const known = new Set(namesOf(rule.credentialPlaces));
  const hasFurtherPlace = namesOf(route.credentialPlaces).some((name) => !known.has(name));
  return (
    hasFurtherPlace || [...(route.allowedOrigins ?? [])].some((origin) => rule.allowedOrigins?.has(origin) !== true)
  );
}

function namesOf(places: Places = AUTHORIZATION_ALONE): readonly string[] {
  return writtenPlaces(places).map((place) => JSON.stringify(place));
}
