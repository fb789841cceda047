import type { Route } from '../../../core/route.ts';
import { requiredScopes, satisfies } from '../../../core/scope.ts';
import { list, quote } from '../../../lib/wording.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { PlacedRoutes } from '../routes/routes.ts';

/** Warns of a segment that begins with a colon and is literal: other programs write parameters so. */
export function warnOfColons({ routes, warn }: PlacedRoutes): void {
  for (const route of routes) {
    const segment = route.pattern.split('/').find((one) => one.startsWith(':'));
    if (segment === undefined) continue;
    warn(route, ['path'], `${quote(segment)} matches these very characters: write {name} for any segment`);
  }
}

/** Warns of a route that denies every request, because no issuer that it accepts can grant what it requires. */
export function warnOfUngrantedRoutes({ routes, warn }: PlacedRoutes, issuers: readonly IssuerConfig[]): void {
  for (const route of routes) {
    if (route.requirement.kind === 'public') continue;
    const accepted = issuers.filter(({ name }) => route.issuers?.has(name) ?? true);
    if (accepted.some((issuer) => canMeet(issuer, route))) continue;
    const scopes = requiredScopes(route.requirement);
    const message =
      accepted.length === 0
        ? 'no issuer is configured, so it denies every request'
        : `no issuer that it accepts can grant ${list(scopes, 'and')}, so it denies every request: see allowScopes and grant`;
    warn(route, [], message);
  }
}

/** Whether a token of the issuer can meet the requirement. An account of ours may have every scope. */
function canMeet(issuer: IssuerConfig, { requirement }: Route): boolean {
  if (issuer.kind === 'signing') return true;
  return satisfies(new Set(issuer.grant ?? issuer.allowScopes), requirement);
}
