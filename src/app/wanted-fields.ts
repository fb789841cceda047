import type { Config } from '../config/config.ts';
import { DPOP } from '../core/binding/proof.ts';
import { CORS_REQUEST_FIELDS } from '../core/cors/cors-rule.ts';
import { credentialFields, ORIGIN_FIELDS } from '../core/credential/places/places.ts';

/** The lower-case names of the header fields that this configuration reads besides those that every door reads. */
export function wantedFields(config: Config): ReadonlySet<string> {
  const { cors, dpop, routes } = config;
  const hasCors = cors.rule !== undefined || routes.some((route) => route.cors !== undefined);
  const usesCookies = routes.some(({ credentialPlaces }) => (credentialPlaces?.cookies.length ?? 0) > 0);
  return new Set([
    ...fieldsWithCredentials(config),
    ...(usesCookies ? ORIGIN_FIELDS : []),
    ...(hasCors ? CORS_REQUEST_FIELDS : []),
    ...(dpop.kind === 'on' ? [DPOP] : []),
  ]);
}

/** The lower-case names of the header fields other than Authorization in which some route reads credentials. */
export function fieldsWithCredentials({ routes }: Config): ReadonlySet<string> {
  return new Set(
    routes.flatMap(({ credentialPlaces: places }) => (places === undefined ? [] : credentialFields(places))),
  );
}

/** The lower-case names of the header fields of which a credential is the whole value. */
export function headersWithCredentials({ routes }: Config): readonly string[] {
  const names = routes.flatMap(({ credentialPlaces }) => credentialPlaces?.headers.map(({ name }) => name) ?? []);
  return [...new Set(names)];
}
