import { counted } from '../../../lib/time-format.ts';
import { quote } from '../../../lib/wording.ts';
import type { PlacedRoutes } from '../routes.ts';

/**
 * Warns of a host with routes of its own, for which the routes of every host therefore do not count: there is no
 * fallback. A host that has every path of the wider routes, or a route for all paths, was thought of.
 */
export function warnOfHiddenRoutes({ routes, warn }: PlacedRoutes): void {
  const wide = routes.filter(({ hosts }) => hosts.length === 0);
  for (const host of new Set(routes.flatMap(({ hosts }) => hosts))) {
    const own = routes.filter(({ hosts }) => hosts.includes(host));
    const paths = new Set(own.map(({ pattern }) => shapeOf(pattern)));
    const hidden = paths.has('/**') ? [] : wide.filter(({ pattern }) => !paths.has(shapeOf(pattern)));
    const [first] = hidden;
    const [cause] = own;
    if (first === undefined || cause === undefined) continue;
    warn(
      cause,
      ['hosts'],
      `for ${quote(host)} only its own routes count, so ${counted(hidden.length, 'route')} without hosts ` +
        `${hidden.length === 1 ? 'is' : 'are'} not in force there (such as ${quote(first.pattern)}): list ${host} there too, ` +
        'or give those routes their hosts',
    );
  }
}

/** The pattern without the names of its parameters. */
function shapeOf(pattern: string): string {
  return pattern.replace(/\{[^}/]*\}/g, '{}');
}
