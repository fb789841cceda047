import type { Config } from '../config/config.ts';

const CORS_FIELDS = ['origin', 'access-control-request-method', 'access-control-request-headers'];

/** The lower-case names of the header fields that this configuration reads besides those that every door reads. */
export function wantedFields({ cors, routes }: Config): ReadonlySet<string> {
  const hasCors = cors.rule !== undefined || routes.some((route) => route.cors !== undefined);
  return new Set(hasCors ? CORS_FIELDS : []);
}
