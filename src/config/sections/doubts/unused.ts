import type { Route } from '../../../core/route.ts';
import type { Requirement } from '../../../core/scope.ts';
import { requiredScopes } from '../../../core/scope.ts';
import { quote } from '../../../lib/wording.ts';
import type { Config } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';

/** Warns of a scope that no route and no tool requires. */
export function warnOfUnusedScopes(drafts: readonly Draft[], routes: readonly Route[], scopes: Config['scopes']): void {
  const required = new Set(routes.flatMap(requirementsOf).flatMap(requiredScopes));
  for (const name of scopes.keys()) {
    if (required.has(name)) continue;
    const place = drafts.find((draft) => draft.valueAt(['scopes', name]) !== undefined);
    place?.warn(['scopes', name], `no route requires ${quote(name)}`);
  }
}

function requirementsOf({ requirement, mcp }: Route): readonly Requirement[] {
  return [requirement, ...(mcp?.tools.values() ?? [])];
}

/** Warns of an issuer whose tokens no route accepts. Our own also serves the token service. */
export function warnOfUnusedIssuers(
  draft: Draft,
  routes: readonly Route[],
  issuers: readonly IssuerConfig[],
  { tokens }: Config['listen'],
): void {
  const guarded = routes.filter(({ requirement }) => requirement.kind !== 'public');
  for (const [index, { name, kind }] of issuers.entries()) {
    if (kind === 'signing' && tokens !== undefined) continue;
    if (guarded.some((route) => route.issuers?.has(name) ?? true)) continue;
    draft.warn(['issuers', index, 'name'], `no route accepts tokens of ${quote(name)}`);
  }
}

/** Warns of a policy decision point that no route asks. */
export function warnOfUnusedDecisionPoints(
  draft: Draft,
  routes: readonly Route[],
  decisionPoints: Config['decisionPoints'],
): void {
  const asked = new Set(routes.map(({ where }) => where?.decisionPoint?.name));
  for (const name of decisionPoints.keys()) {
    if (!asked.has(name))
      draft.warn(['decisionPoints', name], `no route asks ${quote(name)}: add where: { authzen: ${name} }`);
  }
}
