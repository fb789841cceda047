import type { Config } from '../../config/config.ts';
import { comparePatterns, contains, overlaps } from '../../core/patterns/pattern-order.ts';
import type { Route } from '../../core/route.ts';
import type { ConfigNode } from '../reading/config-node.ts';

/** What Sallyport would do with the requests that a route of Envoy matches. */
export type Publicity =
  | { readonly outcome: 'public' }
  /** It would not let all of them pass unasked; `route`: one that asks for more, if there is one. */
  | { readonly outcome: 'protected'; readonly route: Route | undefined }
  /** The route matches by an expression. */
  | { readonly outcome: 'unclear' };

/** @param match the `match` of a route of Envoy. */
export function publicityOf(match: ConfigNode | undefined, domains: readonly string[], config: Config): Publicity {
  const paths = patternOf(match);
  if (paths === undefined) return { outcome: 'unclear' };
  const concerned = config.routes.filter(
    ({ pattern, hosts }) => overlaps(pattern, paths) && concernsHost(hosts, domains),
  );
  const guarded = concerned.filter(({ requirement }) => requirement.kind !== 'public');
  const open = concerned.filter(
    ({ requirement, pattern, methods }) =>
      requirement.kind === 'public' && methods.length === 0 && contains(pattern, paths),
  );
  const isPublic = open.some((route) => guarded.every(({ pattern }) => comparePatterns(pattern, route.pattern) > 0));
  return isPublic ? { outcome: 'public' } : { outcome: 'protected', route: guarded[0] };
}

/** A pattern of Sallyport's that matches at least the paths of the route; `undefined` if none is certain. */
function patternOf(match: ConfigNode | undefined): string | undefined {
  const path = match?.get('path')?.text;
  if (path !== undefined) return path;
  const separated = match?.get('path_separated_prefix')?.text;
  if (separated !== undefined) return `${separated}/**`;
  const prefix = match?.get('prefix')?.text;
  // `/v` also matches `/v1`, so that only its folder is a pattern.
  return prefix === undefined ? undefined : `${prefix.slice(0, prefix.lastIndexOf('/'))}/**`;
}

function concernsHost(hosts: readonly string[], domains: readonly string[]): boolean {
  if (hosts.length === 0 || domains.length === 0) return true;
  return domains.some((domain) => {
    if (domain.includes('*')) return true;
    const name = domain.replace(/:\d+$/, '');
    return hosts.some((host) => host === name || (host.startsWith('*.') && name.endsWith(host.slice(1))));
  });
}
