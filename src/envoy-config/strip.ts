import { identityHeaders } from '../config/sections/identity/identity.ts';
import { otherSpellings } from '../core/upstream/header-spellings.ts';
import { OVERRIDE_HEADERS } from '../core/upstream/override-headers.ts';
import type { CheckContext, CheckedManager } from './context.ts';
import type { ConfigNode } from './reading/config-node.ts';
import type { HttpFilter } from './reading/http-filter.ts';
import type { TextTest } from './reading/string-matcher.ts';
import { readStringMatcher } from './reading/string-matcher.ts';

/** What Envoy removes from each request before anything else reads it. */
export interface Strip {
  /** The spellings of identity headers that a client can send through. */
  readonly missingIdentity: readonly string[];
  /** The same of the headers that ask an upstream for another method, path or host. */
  readonly missingOverrides: readonly string[];
  /** Other spellings of the headers in which some route reads a credential. */
  readonly missingCredentials: readonly string[];
}

/** @param before what of the filters counts: those in front of this one. */
export function readStrip(context: CheckContext, manager: ConfigNode, before: readonly HttpFilter[]): Strip {
  const early = manager.get('early_header_mutation_extensions')?.items() ?? [];
  const mutations = [
    ...early.flatMap((one) => one.get('typed_config')?.unwrapped().get('mutations')?.items() ?? []),
    ...before.flatMap(({ kind, config }) =>
      kind === 'header_mutation' ? (config?.get('mutations', 'request_mutations')?.items() ?? []) : [],
    ),
  ];
  const tests = mutations.flatMap(removerOf);
  const passes = (name: string): boolean => !tests.some((test) => test(name) === true);
  const missing = (names: readonly string[]) => names.flatMap(spellingsOf).filter(passes);
  return {
    missingIdentity: missing(identityHeaders(context.config.identity)),
    missingOverrides: missing(OVERRIDE_HEADERS),
    missingCredentials: credentialHeaders(context).flatMap(otherSpellings).filter(passes),
  };
}

function credentialHeaders({ config }: CheckContext): readonly string[] {
  const places = config.routes.flatMap(({ credentialPlaces }) => credentialPlaces ?? []);
  return [...new Set(places.flatMap(({ headers }) => headers.map(({ name }) => name)))];
}

/** The headers that one mutation removes. */
function removerOf(mutation: ConfigNode): readonly TextTest[] {
  const name = mutation.get('remove')?.text?.toLowerCase();
  const matcher = mutation.get('remove_on_match', 'key_matcher');
  return [
    ...(name === undefined ? [] : [(text: string) => text === name]),
    ...(matcher === undefined ? [] : [readStringMatcher(matcher)]),
  ];
}

/** `~` stands for all characters that few servers read as a hyphen. */
function spellingsOf(name: string): readonly string[] {
  return [...new Set([name, ...otherSpellings(name), name.replaceAll('-', '~')])];
}

/** Checks that clients cannot send what only Sallyport may say. */
export function checkStrip(context: CheckContext, checked: CheckedManager, isUnasked: boolean): void {
  const { findings } = context;
  const { node, filters, askedAt } = checked;
  const { missingIdentity, missingOverrides } = readStrip(context, node, filters.slice(0, askedAt));
  const at = node.get('early_header_mutation_extensions') ?? node;
  if (missingIdentity.length > 0) {
    const why = isUnasked
      ? 'where Envoy does not ask, a client can send'
      : 'only Sallyport, and only as far as it sees headers, removes a client’s own';
    findings.judge(
      isUnasked,
      at,
      `${why} ${some(missingIdentity)}: remove identity headers in early_header_mutation_extensions, as envoy.yaml does`,
    );
  } else if (missingOverrides.length > 0) {
    findings.warn(
      at,
      `a client can send ${some(missingOverrides)}, by which it asks an upstream for another method, path or host: remove these in early_header_mutation_extensions, as envoy.yaml does`,
    );
  }
}

/** The first of some names. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
