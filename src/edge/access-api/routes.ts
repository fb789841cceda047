import type { Route } from '../../core/route.ts';
import { callerRoute } from '../caller-route.ts';

export const ACCESS_SERVICE = 'sallyport.access.v1.AccessService';

/** The methods of the service. */
export const ACCESS_METHODS = ['Authorize', 'AuthorizeMany', 'Introspect', 'WatchRevocations'] as const;

export type AccessMethod = (typeof ACCESS_METHODS)[number];

/** The scope that a caller's token needs for each method. */
const SCOPES: Readonly<Record<AccessMethod, 'access:check' | 'access:introspect'>> = {
  Authorize: 'access:check',
  AuthorizeMany: 'access:check',
  WatchRevocations: 'access:check',
  Introspect: 'access:introspect',
};

/** The path of a method in HTTP/2. */
export function pathOf(method: AccessMethod): string {
  return `/${ACCESS_SERVICE}/${method}`;
}

/** The rules by which callers of the methods are admitted. */
export const ACCESS_ROUTES: readonly Route[] = ACCESS_METHODS.map((method) =>
  callerRoute(pathOf(method), SCOPES[method]),
);
