/** The only wildcard. It covers every configured scope, but no management scope. */
export const ALL_ANY = 'all:any';

/** An account with this scope gets refresh tokens, which have no other scope. */
export const REFRESH_SCOPE = 'tokens:refresh';

/** The scopes for managing Sallyport itself, which are granted by name only. */
export const MANAGEMENT_SCOPES: ReadonlySet<string> = new Set([
  'tokens:manage',
  REFRESH_SCOPE,
  'revocations:write',
  'accounts:manage',
  'access:check',
  'access:introspect',
]);

/** What a route requires of a verified credential. */
export type Requirement =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'anyOf' | 'allOf'; readonly scopes: readonly string[] };

/** Whether `granted` covers `scope`. Names are compared exactly. */
export function covers(granted: ReadonlySet<string>, scope: string): boolean {
  return granted.has(scope) || (granted.has(ALL_ANY) && !MANAGEMENT_SCOPES.has(scope));
}

/** Whether `granted` meets a route's requirement. `public` is never met: such a route needs no credential. */
export function satisfies(granted: ReadonlySet<string>, requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'public':
      return false;
    case 'authenticated':
      return true;
    case 'anyOf':
      return requirement.scopes.some((scope) => covers(granted, scope));
    case 'allOf':
      // `every` is true for an empty list, which would pass without any check.
      return requirement.scopes.length > 0 && requirement.scopes.every((scope) => covers(granted, scope));
  }
}

/** What is required, in words. */
export function needsText(requirement: Requirement | undefined): string {
  if (requirement === undefined) return 'nothing';
  if (requirement.kind === 'public') return 'no credential';
  if (requirement.kind === 'authenticated') return 'any valid credential';
  return requiredScopes(requirement).join(requirement.kind === 'anyOf' ? ' or ' : ' and ');
}

/** The scopes that a requirement names; none for `public` and `authenticated`. */
export function requiredScopes(requirement: Requirement): readonly string[] {
  return 'scopes' in requirement ? requirement.scopes : [];
}
