import { ALL_ANY, MANAGEMENT_SCOPES } from '../core/scope.ts';
import { nearest } from '../lib/nearest.ts';

/** The scopes of the configuration, by name. */
export type ScopeNames = Pick<ReadonlySet<string>, 'has' | 'keys'>;

/** Returns the names of all scopes: those of the catalogue, then the built-in ones. */
export function scopeNames(catalogue: ScopeNames): string[] {
  return [...catalogue.keys(), ALL_ANY, ...MANAGEMENT_SCOPES];
}

export function isScope(catalogue: ScopeNames, name: string): boolean {
  return catalogue.has(name) || name === ALL_ANY || MANAGEMENT_SCOPES.has(name);
}

/** Returns the message for an unknown scope; it suggests a scope with a similar name, if there is one. */
export function noSuchScope(catalogue: ScopeNames, name: string): string {
  const near = nearest(name, scopeNames(catalogue));
  const advice = near === undefined ? '' : `, did you mean ${JSON.stringify(near)}?`;
  return `no such scope: ${JSON.stringify(name)}${advice}`;
}
