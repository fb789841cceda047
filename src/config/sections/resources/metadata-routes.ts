import { readPath } from '../../../core/path.ts';
import type { Route } from '../../../core/route.ts';
import { RouteMap } from '../../../core/route.ts';
import type { Config, ResourceConfig } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';

interface Sections {
  readonly listen: Config['listen'] | undefined;
  readonly resources: readonly ResourceConfig[] | undefined;
  readonly routes: readonly Route[] | undefined;
}

/**
 * Warns of a resource whose metadata clients cannot read: no listener serves it, or no public route leads to it. Clients
 * read it before they have a token.
 */
export function warnOfHiddenMetadata(draft: Draft, { listen, resources = [], routes = [] }: Sections): void {
  if (listen === undefined) return;
  const map = new RouteMap(routes);
  for (const [index, { name, metadataUrl }] of resources.entries()) {
    const warn = (message: string): void => draft.warn(['resources', index], message);
    if (listen.tokens === undefined) warn('no listener serves its metadata: open listen.tokens');
    const { host, pathname } = new URL(metadataUrl);
    const path = readPath(pathname);
    const route = path === undefined ? 'none' : map.match(host, 'GET', path);
    const isPublic = typeof route !== 'string' && route.requirement.kind === 'public';
    const isUsed = routes.some(({ resource }) => resource?.name === name);
    if (isUsed && !isPublic) warn(`clients cannot read its metadata: add a public route for GET ${pathname}`);
  }
}
