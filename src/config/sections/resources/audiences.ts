import type { Route } from '../../../core/route.ts';
import { counted } from '../../../lib/time-format.ts';
import { list, quote } from '../../../lib/wording.ts';
import type { ResourceConfig } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import { resourceNames } from './resources.ts';

interface Sections {
  readonly issuers: readonly IssuerConfig[] | undefined;
  readonly resources: readonly ResourceConfig[] | undefined;
  readonly routes: readonly Route[] | undefined;
}

/**
 * Judges how the audiences of resources and issuers go together: refuses a resource whose routes no token can pass, warns
 * of one whose own tokens do not pass there, and of one whose tokens pass elsewhere too.
 */
export function judgeAudiences(draft: Draft, { issuers = [], resources = [], routes = [] }: Sections): void {
  for (const resource of resources) {
    const index = resourceNames(draft)?.indexOf(resource.name) ?? 0;
    const own = routes.filter((route) => route.resource?.name === resource.name);
    refuseUnreachable(draft, index, resource, own, issuers);
    warnOfOtherRoutes(draft, index, resource, routes, issuers);
  }
}

/** The audiences of our own tokens are known, so that a route may turn out to accept none of them. */
function refuseUnreachable(
  draft: Draft,
  index: number,
  resource: ResourceConfig,
  routes: readonly Route[],
  issuers: readonly IssuerConfig[],
): void {
  const taken = issuers.filter(({ name }) => routes.some((route) => accepts(route, name)));
  const isReachable = (issuer: IssuerConfig): boolean => issuer.kind !== 'signing' || isNamedBy(issuer, resource);
  if (taken.length === 0 || taken.some((issuer) => acceptsItsTokens(issuer, resource))) return;
  const names = list(taken.map(({ name }) => quote(name)));
  const advice = `add ${quote(resource.audience[0] ?? '')} to the audience of the issuer`;
  const place = ['resources', index];
  // A token of another issuer may have two audiences, and so pass.
  if (taken.some(isReachable)) draft.warn(place, `tokens for it alone do not pass its routes: ${advice}`);
  else draft.refuse(place, `no token passes its routes, because ${names} issues none for it: ${advice}`);
}

function warnOfOtherRoutes(
  draft: Draft,
  index: number,
  resource: ResourceConfig,
  routes: readonly Route[],
  issuers: readonly IssuerConfig[],
): void {
  const others = routes.filter((route) => route.resource === undefined && route.requirement.kind !== 'public');
  for (const issuer of issuers) {
    const open = others.filter((route) => accepts(route, issuer.name)).length;
    if (open === 0 || !isNamedBy(issuer, resource)) continue;
    const where = counted(open, 'route');
    const message = `tokens of ${quote(issuer.name)} for it pass on ${where} without a resource too: give each a resource, or restrict its issuers`;
    draft.warn(['resources', index], message);
  }
}

function accepts({ issuers }: Route, name: string): boolean {
  return issuers === undefined || issuers.has(name);
}

/** Whether a token passes that has no other audience than the resource. */
function acceptsItsTokens(issuer: IssuerConfig, resource: ResourceConfig): boolean {
  return isNamedBy(issuer, resource) || (issuer.kind !== 'signing' && issuer.audience === undefined);
}

function isNamedBy({ audience }: IssuerConfig, resource: ResourceConfig): boolean {
  return audience?.some((accepted) => resource.audience.includes(accepted)) === true;
}
