import type { Route } from '../../core/route.ts';

/** The calls of the token service, as fastify writes their paths. */
export const CALLS = {
  issue: { method: 'POST', url: '/3rdparty/v1/auth/token' },
  revoke: { method: 'DELETE', url: '/3rdparty/v1/auth/token/:jti' },
} as const;

/** What the calls ask of a caller: Basic, or a token of our own with `tokens:manage`. */
export function tokenRoutes(ownIssuer: string): Route[] {
  return Object.values(CALLS).map(({ method, url }) => ({
    pattern: url.replace(/:(\w+)/g, '{$1}'),
    hosts: [],
    methods: [method],
    requirement: { kind: 'allOf', scopes: ['tokens:manage'] },
    issuers: new Set([ownIssuer]),
    basic: true,
    passwordSuffices: true,
    shadow: false,
  }));
}
