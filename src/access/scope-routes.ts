import type { Route } from '../core/route.ts';
import { plainRoute } from '../core/route.ts';
import { MANAGEMENT_SCOPES } from '../core/scope.ts';

/**
 * Returns a route for each scope that a service may ask about: those of the catalogue and the management scopes. Its
 * pattern is the scope's name. `all:any` is no permission, so there is none for it.
 *
 * @param basic whether a password is accepted, as on the routes that do not say otherwise.
 */
export function scopeRoutes(catalogue: Pick<ReadonlySet<string>, 'keys'>, basic: boolean): ReadonlyMap<string, Route> {
  const names = [...catalogue.keys(), ...MANAGEMENT_SCOPES];
  return new Map(
    names.map((scope) => [
      scope,
      plainRoute({ pattern: scope, requirement: { kind: 'anyOf', scopes: [scope] }, basic }),
    ]),
  );
}
