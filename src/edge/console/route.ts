import type { Route } from '../../core/route.ts';
import { plainRoute } from '../../core/route.ts';

/** The path of the console, on the tokens door and behind the gateway. */
export const HOME = '/console';

/** Returns the rule that admits any valid token of our own issuer. {@link findSession} requires a login token. */
export function consoleRoute(ownIssuer: string): Route {
  return plainRoute({
    pattern: `${HOME}/**`,
    requirement: { kind: 'authenticated' },
    issuers: new Set([ownIssuer]),
  });
}
