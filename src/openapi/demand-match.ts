import type { Requirement } from '../core/scope.ts';
import type { Demand } from './security.ts';

/** How a rule relates to what the document demands. */
export type DemandMatch =
  | { readonly outcome: 'same' | 'not stated' }
  | { readonly outcome: 'differs'; readonly rule: 'admits more' | 'requires more' | 'requires other scopes' };

/** Sets of scopes, of which a caller needs one as a whole; `undefined` if a caller needs no credential. */
type Sets = readonly (readonly string[])[] | undefined;

/** Compares what an operation demands with what a rule requires. */
export function matchDemand(demand: Demand, requirement: Requirement): DemandMatch {
  if (demand.kind === 'unstated') return { outcome: 'not stated' };
  const found = setsOf(requirement);
  if (demand.kind === 'authenticated' && !demand.statesScopes) {
    return found === undefined ? { outcome: 'differs', rule: 'admits more' } : { outcome: 'same' };
  }
  const expected = setsOfDemand(demand);
  const admitsAll = implies(expected, found);
  const requiresAll = implies(found, expected);
  if (admitsAll && requiresAll) return { outcome: 'same' };
  if (admitsAll) return { outcome: 'differs', rule: 'admits more' };
  return { outcome: 'differs', rule: requiresAll ? 'requires more' : 'requires other scopes' };
}

function setsOf(requirement: Requirement): Sets {
  switch (requirement.kind) {
    case 'public':
      return undefined;
    case 'authenticated':
      return [[]];
    case 'anyOf':
      return requirement.scopes.map((scope) => [scope]);
    case 'allOf':
      return [requirement.scopes];
  }
}

function setsOfDemand(demand: Demand): Sets {
  if (demand.kind === 'scopes') return demand.sets;
  return demand.kind === 'authenticated' ? [[]] : undefined;
}

/** Whether every caller that `narrow` admits is one that `wide` admits. */
function implies(narrow: Sets, wide: Sets): boolean {
  if (wide === undefined) return true;
  return narrow?.every((set) => wide.some((other) => other.every((scope) => set.includes(scope)))) ?? false;
}

/** What an operation demands, in words. */
export function demandText(demand: Demand): string {
  switch (demand.kind) {
    case 'unstated':
      return 'nothing that the document states';
    case 'public':
      return 'no credential';
    case 'optional':
      return 'no credential, which is optional';
    case 'authenticated':
      return 'any valid credential';
    case 'scopes':
      return demand.sets.map((set) => set.join(' and ')).join(', or ');
  }
}
