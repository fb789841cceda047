import * as z from 'zod';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../../core/scope.ts';
import { quote, suggest } from '../../lib/wording.ts';
import type { CatalogueScope } from '../config.ts';
import type { Draft } from '../reading/draft.ts';
import { SCOPE_NAME, scopeSchema } from './file-schema.ts';

/** The scopes that may be requested, by name. */
export type Catalogue = ReadonlyMap<string, CatalogueScope>;

/**
 * Reads the catalogue of the main file and of those that it includes; `undefined` if it is not a map in one of them. It
 * includes faulty entries, so that a route which refers to one adds no further problem.
 */
export function readCatalogue(drafts: readonly Draft[]): Catalogue | undefined {
  const catalogue = new Map<string, CatalogueScope>();
  const owners = new Map<string, Draft>();
  let isComplete = true;
  for (const draft of drafts) {
    if (draft.read(['scopes'], z.looseObject({}).prefault({})) === undefined) {
      isComplete = false;
      continue;
    }
    // From the file itself: zod silently drops a name such as __proto__.
    for (const name of Object.keys(draft.valueAt(['scopes']) ?? {})) {
      const scope = readScope(draft, name);
      const owner = owners.get(name);
      if (owner !== undefined) {
        const place = `${owner.name}:${owner.lineOfKey(['scopes', name])}`;
        draft.refuseKey(['scopes', name], `${quote(name)} is already defined at ${place}: define it in one file`);
        continue;
      }
      owners.set(name, draft);
      catalogue.set(name, scope);
    }
  }
  return isComplete ? catalogue : undefined;
}

function readScope(draft: Draft, name: string): CatalogueScope {
  const path = ['scopes', name];
  if (!SCOPE_NAME.test(name)) {
    draft.refuseKey(path, `expected a scope name such as 'messages:send', found ${quote(name)}`);
  } else if (name === ALL_ANY || MANAGEMENT_SCOPES.has(name)) {
    draft.refuseKey(path, `${quote(name)} is built in and cannot be redefined`);
  }
  const scope = draft.read(path, scopeSchema);
  return { description: scope?.description, maxTtlSeconds: scope?.maxTtl };
}

/** Returns why a scope cannot be granted, or `undefined`: it must be in the catalogue, `all:any`, or a management scope. */
export function grantProblem(scope: string, catalogue: Catalogue): string | undefined {
  if (scope === ALL_ANY || isNamed(scope, catalogue)) return undefined;
  return wordUnknown(scope, [...catalogue.keys(), ...MANAGEMENT_SCOPES, ALL_ANY]);
}

/** Returns why a route cannot require a scope, or `undefined`: it must be in the catalogue or a management scope. */
export function requirementProblem(scope: string, catalogue: Catalogue): string | undefined {
  if (scope === ALL_ANY) return "'all:any' can be granted but not required: it covers every scope that a route names";
  return isNamed(scope, catalogue) ? undefined : wordUnknown(scope, [...catalogue.keys(), ...MANAGEMENT_SCOPES]);
}

function isNamed(scope: string, catalogue: Catalogue): boolean {
  return catalogue.has(scope) || MANAGEMENT_SCOPES.has(scope);
}

/** With more names, the search for a misspelt one would take long where many are unknown. */
const MAX_SUGGESTED = 500;

function wordUnknown(scope: string, names: readonly string[]): string {
  if (names.length > MAX_SUGGESTED) return `unknown scope ${quote(scope)}: it is not in the catalogue (scopes)`;
  return `unknown scope ${quote(scope)}${suggest(scope, names) || ': it is not in the catalogue (scopes)'}`;
}
