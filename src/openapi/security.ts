import type { Path } from '../config/reading/problems.ts';
import { quote } from '../lib/wording.ts';
import type { DocumentReader } from './document-reader.ts';

/**
 * What an operation demands of a caller.
 *
 * - `unstated`: neither the operation nor the document has `security`.
 * - `optional`: one alternative is `{}`, so a caller may also have no credential.
 * - `authenticated`: any credential. `statesScopes` is false if its schemes cannot name scopes, such as Basic.
 * - `scopes`: all scopes of at least one set. No set is empty or contains another one.
 */
export type Demand =
  | { readonly kind: 'unstated' | 'optional' | 'public' }
  | { readonly kind: 'authenticated'; readonly statesScopes: boolean }
  | { readonly kind: 'scopes'; readonly sets: readonly (readonly string[])[] };

/** One way to be admitted: the schemes that it needs together, and their scopes. */
interface Alternative {
  readonly hasSchemes: boolean;
  readonly namesScopes: boolean;
  readonly scopes: readonly string[];
}

/** Reads the `security` that holds for an operation; the document's holds if the operation has none. */
export function readDemand(reader: DocumentReader, operation: Path): Demand {
  const own = [...operation, 'security'];
  const place = reader.valueAt(own) === undefined ? ['security'] : own;
  const list = reader.listAt(place);
  if (list === undefined) return { kind: 'unstated' };
  return demandOf(list.flatMap((_, index) => readAlternative(reader, [...place, index]) ?? []));
}

function readAlternative(reader: DocumentReader, place: Path): Alternative | undefined {
  const written = reader.mapAt(place);
  if (written === undefined) return undefined;
  const schemes = Object.keys(written).map((name) => readScheme(reader, [...place, name], name));
  return {
    hasSchemes: schemes.length > 0,
    namesScopes: schemes.some((scheme) => scheme.namesScopes),
    scopes: [...new Set(schemes.flatMap((scheme) => scheme.scopes))].toSorted(),
  };
}

/**
 * OAuth and OpenID Connect name scopes. From 3.1 on, a list may name the roles of any other scheme, such as a bearer token,
 * which are scopes in a token of ours.
 */
function readScheme(reader: DocumentReader, place: Path, name: string): Omit<Alternative, 'hasSchemes'> {
  const scopes = (reader.listAt(place) ?? []).filter((scope) => typeof scope === 'string');
  const declared = ['components', 'securitySchemes', name];
  const scheme = reader.valueAt(declared) === undefined ? undefined : reader.resolve(declared);
  if (scheme === undefined) reader.refuse(place, `${quote(name)} is not in components.securitySchemes`);
  const type = scheme && reader.valueAt([...scheme, 'type']);
  return { scopes, namesScopes: type === 'oauth2' || type === 'openIdConnect' || scopes.length > 0 };
}

/** Where some alternatives name scopes, those that cannot, such as Basic, say nothing about them. */
function demandOf(alternatives: readonly Alternative[]): Demand {
  if (alternatives.length === 0) return { kind: 'public' };
  if (alternatives.some(({ hasSchemes }) => !hasSchemes)) return { kind: 'optional' };
  const naming = alternatives.filter(({ namesScopes }) => namesScopes);
  if (naming.length === 0) return { kind: 'authenticated', statesScopes: false };
  const sets = naming.map(({ scopes }) => scopes);
  if (sets.some((set) => set.length === 0)) return { kind: 'authenticated', statesScopes: true };
  return { kind: 'scopes', sets: smallest(sets) };
}

/** Leaves out the sets that contain another one: whoever has them has that one, too. */
function smallest(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return sets.filter((set, index) =>
    sets.every((other, place) => {
      const isSmaller = other.length < set.length || (other.length === set.length && place < index);
      return !isSmaller || !other.every((scope) => set.includes(scope));
    }),
  );
}
