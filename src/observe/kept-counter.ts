import type { Config } from '../config/config.ts';

interface KeptObserver {
  /** @param route the pattern. */
  passedByKept(issuer: string, route: string, passes: number): void;
}

/**
 * Counts what gateways report of kept answers, if this configuration has such an issuer and such a route: otherwise a
 * gateway could make up labels without end.
 */
export function keptCounter(
  { issuers, routes }: Pick<Config, 'issuers' | 'routes'>,
  observer: KeptObserver,
): (issuer: string, route: string, passes: number) => void {
  const names = new Set(issuers.map(({ name }) => name));
  const patterns = new Set(routes.map(({ pattern }) => pattern));
  return (issuer, route, passes) => {
    if (names.has(issuer) && patterns.has(route)) observer.passedByKept(issuer, route, passes);
  };
}
