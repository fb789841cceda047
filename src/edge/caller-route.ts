import type { Route } from '../core/route.ts';
import { plainRoute } from '../core/route.ts';

/** Returns the rule by which the caller of an internal call is admitted: a bearer token of any issuer with this scope. */
export function callerRoute(pattern: string, scope: 'access:check' | 'access:introspect'): Route {
  return plainRoute({ pattern, methods: ['POST'], requirement: { kind: 'anyOf', scopes: [scope] } });
}
