import type { Route } from '../../core/route.ts';
import type { AnyCall } from './call.ts';

/** Returns the rules by which callers of these calls are admitted, for a route map of their own. */
export function tokenRoutes(calls: readonly AnyCall[], ownIssuer: string): Route[] {
  return calls.map((call) => ({
    pattern: call.url.replace(/:(\w+)/g, '{$1}'),
    hosts: [],
    methods: [call.method],
    requirement: requirementOf(call),
    issuers: new Set([ownIssuer]),
    basic: call.admission?.basic ?? false,
    sufficient: new Set(call.admission?.sufficient),
    shadow: false,
    takesRefresh: call.admission?.refresh,
  }));
}

function requirementOf({ admission }: AnyCall): Route['requirement'] {
  if (admission === undefined) return { kind: 'public' };
  const { scopes } = admission;
  return scopes.length === 0 ? { kind: 'authenticated' } : { kind: 'allOf', scopes };
}
