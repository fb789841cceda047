import { ALL_ANY, MANAGEMENT_SCOPES } from '../core/scope.ts';
import { nearest } from '../lib/nearest.ts';

/** By the names of its scopes. */
export type ScopeNames = Pick<ReadonlySet<string>, 'has' | 'keys'>;

/** Every scope that there is, the wide ones last. */
export function scopeNames(catalogue: ScopeNames): string[] {
  return [...catalogue.keys(), ALL_ANY, ...MANAGEMENT_SCOPES];
}

export function isScope(catalogue: ScopeNames, name: string): boolean {
  return catalogue.has(name) || name === ALL_ANY || MANAGEMENT_SCOPES.has(name);
}

/** What is to be said of a name that is no scope's: with the scope that it is a slip of, if any. */
export function noSuchScope(catalogue: ScopeNames, name: string): string {
  const near = nearest(name, scopeNames(catalogue));
  const advice = near === undefined ? '' : `, did you mean ${JSON.stringify(near)}?`;
  return `no such scope: ${JSON.stringify(name)}${advice}`;
}
