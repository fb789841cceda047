import type { Config } from '../../config.ts';
import type { PlacedRoutes } from '../routes/routes.ts';

/** Warns of routes that read the query although a gateway asks that cannot remove it: there, they deny such requests. */
export function warnOfQueryCredentials({ routes, warn }: PlacedRoutes, { verify, extAuthz }: Config['listen']): void {
  const door = extAuthz === undefined ? 'listen.extAuthz is missing' : verify?.mode && 'listen.verify has a mode';
  if (!door) return;
  for (const route of routes) {
    if ((route.credentialPlaces?.queries.length ?? 0) === 0) continue;
    warn(
      route,
      ['credentials'],
      `${door}: only Envoy over gRPC removes a query parameter, so other gateways deny a request with one`,
    );
  }
}
