/** The only wildcard: covers every scope of the catalogue, and never a management scope. */
export const ALL_ANY = 'all:any';

/** Scopes over Sallyport itself: granted by name only. */
export const MANAGEMENT_SCOPES: ReadonlySet<string> = new Set([
  'tokens:manage',
  'revocations:write',
  'accounts:manage',
  'access:check',
  'access:introspect',
]);

/** What a route asks of a verified credential. */
export type Requirement =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'anyOf' | 'allOf'; readonly scopes: readonly string[] };

/** Whether `granted` covers `scope`. Names are compared exactly. */
export function covers(granted: ReadonlySet<string>, scope: string): boolean {
  return granted.has(scope) || (granted.has(ALL_ANY) && !MANAGEMENT_SCOPES.has(scope));
}

/** Whether `granted` meets a route's requirement; `public` is met by nobody, it asks for nobody. */
export function satisfies(granted: ReadonlySet<string>, requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'public':
      return false;
    case 'authenticated':
      return true;
    case 'anyOf':
      return requirement.scopes.some((scope) => covers(granted, scope));
    case 'allOf':
      // Of an empty list `every` is true: nothing asked would be nothing checked.
      return requirement.scopes.length > 0 && requirement.scopes.every((scope) => covers(granted, scope));
  }
}

/** The scopes that a requirement names, none for `public` and `authenticated`. */
export function requiredScopes(requirement: Requirement): readonly string[] {
  return 'scopes' in requirement ? requirement.scopes : [];
}
