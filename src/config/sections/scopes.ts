import * as z from 'zod';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../../core/scope.ts';
import { quote, suggest } from '../../lib/wording.ts';
import type { CatalogueScope } from '../config.ts';
import type { Draft } from '../reading/draft.ts';
import { SCOPE_NAME, scopeSchema } from './file-schema.ts';

/** The scopes that may be asked for, by name. */
export type Catalogue = ReadonlyMap<string, CatalogueScope>;

/**
 * The catalogue as written. A faulty entry is in it too, so that only its own problem is told; `undefined` where
 * there is no telling what it holds.
 */
export function readCatalogue(draft: Draft): Catalogue | undefined {
  if (draft.read(['scopes'], z.looseObject({}).prefault({})) === undefined) return undefined;
  // From the file itself: zod drops a name such as __proto__ without a word.
  const names = Object.keys(draft.valueAt(['scopes']) ?? {});
  return new Map(names.map((name) => [name, readScope(draft, name)]));
}

function readScope(draft: Draft, name: string): CatalogueScope {
  const path = ['scopes', name];
  if (!SCOPE_NAME.test(name)) {
    draft.refuseKey(path, `expected a scope name such as 'messages:send', found ${quote(name)}`);
  } else if (name === ALL_ANY || MANAGEMENT_SCOPES.has(name)) {
    draft.refuseKey(path, `${quote(name)} is built in and cannot be defined again`);
  }
  const scope = draft.read(path, scopeSchema);
  return { description: scope?.description, maxTtlSeconds: scope?.maxTtl };
}

/** What is wrong with granting a scope, if anything: it is one of the catalogue, `all:any`, or one over ourselves. */
export function grantProblem(scope: string, catalogue: Catalogue): string | undefined {
  if (scope === ALL_ANY || isNamed(scope, catalogue)) return undefined;
  return wordUnknown(scope, [...catalogue.keys(), ...MANAGEMENT_SCOPES, ALL_ANY]);
}

/** What is wrong with a route that requires a scope, if anything: it is one of the catalogue, or one over ourselves. */
export function requirementProblem(scope: string, catalogue: Catalogue): string | undefined {
  if (scope === ALL_ANY) return "'all:any' is granted, never required: it covers whatever scope a route names";
  return isNamed(scope, catalogue) ? undefined : wordUnknown(scope, [...catalogue.keys(), ...MANAGEMENT_SCOPES]);
}

function isNamed(scope: string, catalogue: Catalogue): boolean {
  return catalogue.has(scope) || MANAGEMENT_SCOPES.has(scope);
}

function wordUnknown(scope: string, names: readonly string[]): string {
  return `unknown scope ${quote(scope)}${suggest(scope, names) || ', the catalogue (scopes) does not have it'}`;
}
