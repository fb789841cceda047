import { quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { Catalogue } from '../scopes.ts';
import { grantProblem } from '../scopes.ts';
import { grantedByWord } from './claim-schemas.ts';

/** What decides whether an entry of the map can have an effect. */
export interface Grantable {
  /** `undefined` if it is invalid; then no scope is judged. */
  readonly catalogue: Catalogue | undefined;
  readonly allowScopes: ReadonlySet<string>;
}

/** Reads the map at `path`, whose shape was checked. Adds a problem for each entry that grants nothing, or must not. */
export function readScopeMap(
  draft: Draft,
  path: Path,
  grantable: Grantable,
): ReadonlyMap<string, readonly string[]> | undefined {
  const written = draft.valueAt(path);
  if (!isMap(written)) return undefined;
  const map = new Map<string, readonly string[]>();
  // From the file itself: zod silently drops a word such as __proto__.
  for (const word of Object.keys(written)) {
    const at = [...path, word];
    const scopes = draft.read(at, grantedByWord);
    if (scopes === undefined) continue;
    if (word === '') draft.refuseKey(at, 'expected a word of a scope claim, found an empty one');
    refuseUngranted(draft, at, scopes, grantable);
    if (scopes.length === 1 && scopes[0] === word && grantable.allowScopes.has(word)) {
      draft.warn(at, `${quote(word)} stands for itself without this entry`);
    }
    map.set(word, scopes);
  }
  return map;
}

/** A scope is granted only if the issuer may have it: the map translates words, and widens nothing. */
function refuseUngranted(
  draft: Draft,
  at: Path,
  scopes: readonly string[],
  { catalogue, allowScopes }: Grantable,
): void {
  if (catalogue === undefined) return;
  const isList = Array.isArray(draft.valueAt(at));
  for (const [index, scope] of scopes.entries()) {
    const place = isList ? [...at, index] : at;
    const problem = grantProblem(scope, catalogue);
    if (problem !== undefined) draft.refuse(place, problem);
    else if (!allowScopes.has(scope)) {
      draft.refuse(
        place,
        `${quote(scope)} is not in allowScopes of this issuer, so it would never be granted: add it there`,
      );
    }
  }
}
