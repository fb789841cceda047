import { shapeOf } from '../../../core/patterns/pattern-order.ts';
import type { Route } from '../../../core/route.ts';
import { counted } from '../../../lib/time-format.ts';
import { quote } from '../../../lib/wording.ts';
import type { PlacedRoutes } from '../routes/routes.ts';

/**
 * Warns of a host with routes of its own, for which the routes of every host therefore do not count: there is no
 * fallback. A host that has every path of the wider routes, or a route for all paths, was thought of.
 */
export function warnOfHiddenRoutes({ routes, warn }: PlacedRoutes): void {
  const wide = routes.filter(({ hosts }) => hosts.length === 0);
  const shapes = Map.groupBy(wide, ({ pattern }) => shapeOf(pattern));
  for (const [host, { cause, paths }] of hostsOf(routes)) {
    if (paths.has('/**')) continue;
    const first = wide.find(({ pattern }) => !paths.has(shapeOf(pattern)));
    if (first === undefined) continue;
    const kept = [...paths].reduce((count, path) => count + (shapes.get(path)?.length ?? 0), 0);
    const hidden = wide.length - kept;
    warn(
      cause,
      ['hosts'],
      `for ${quote(host)} only its own routes count, so ${counted(hidden, 'route')} without hosts ` +
        `${hidden === 1 ? 'is' : 'are'} not in force there (such as ${quote(first.pattern)}): list ${host} there too, ` +
        'or give those routes their hosts',
    );
  }
}

/** The first route of each host, and the shapes of all its paths. */
function hostsOf(routes: readonly Route[]) {
  const found = new Map<string, { readonly cause: Route; readonly paths: Set<string> }>();
  for (const route of routes) {
    for (const host of route.hosts) {
      const own = found.get(host) ?? { cause: route, paths: new Set() };
      found.set(host, own);
      own.paths.add(shapeOf(route.pattern));
    }
  }
  return found;
}
