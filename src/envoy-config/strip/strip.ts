import { otherSpellings } from '../../core/upstream/header-spellings.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import type { TextTest } from '../reading/string-matcher.ts';
import { readStringMatcher } from '../reading/string-matcher.ts';
import { allOverrides, type RouteTable } from '../routes/route-table.ts';
import { stripMutations } from './mutations.ts';
import { type ForbiddenNames, forbiddenNames, strippedNames } from './stripped-names.ts';

/** What of the headers that clients must not send Envoy lets through, although it removes headers before anything reads them. */
export interface Strip {
  /** The names of which some spelling passes. */
  readonly names: ForbiddenNames;
  /** The spellings that pass. */
  readonly spellings: ForbiddenNames;
}

/** A connection manager and its routes. */
type Manager = Pick<CheckedManager, 'node' | 'routes'>;

/** Tells which headers of clients Envoy removes. @param before what of the filters counts: those in front of this one. */
export function readRemoved({ node, routes }: Manager, before: readonly HttpFilter[]): (name: string) => boolean {
  const early = node.get('early_header_mutation_extensions')?.items() ?? [];
  const mutations = [
    ...early.flatMap((one) => one.get('typed_config')?.unwrapped().get('mutations')?.items() ?? []),
    ...before.flatMap((filter) => (alwaysMutates(filter, routes) ? mutationsOf(filter) : [])),
  ];
  const tests = mutations.flatMap(removerOf);
  return (name) => tests.some((test) => test(name) === true);
}

/** @param before as of {@link readRemoved}. */
export function readStrip({ config }: CheckContext, manager: Manager, before: readonly HttpFilter[]): Strip {
  const isRemoved = readRemoved(manager, before);
  const passes = (name: string): boolean => !isRemoved(name);
  const { identity, overrides, credentials } = forbiddenNames(config);
  const passing = (names: readonly string[], spell: (name: string) => readonly string[]) => {
    const found = names.map((name) => ({ name, spellings: spell(name).filter(passes) }));
    const open = found.filter(({ spellings }) => spellings.length > 0);
    return { names: open.map(({ name }) => name), spellings: open.flatMap(({ spellings }) => spellings) };
  };
  const [own, asking, placed] = [
    passing(identity, spellingsOf),
    passing(overrides, spellingsOf),
    passing(credentials, otherSpellings),
  ];
  return {
    names: { identity: own.names, overrides: asking.names, credentials: placed.names },
    spellings: { identity: own.spellings, overrides: asking.spellings, credentials: placed.spellings },
  };
}

/** Whether a filter removes the same headers from every request. */
function alwaysMutates({ node, name, kind }: HttpFilter, routes: RouteTable | undefined): boolean {
  if (kind !== 'header_mutation' || node.get('disabled')?.isTrue === true) return false;
  return routes === undefined || ![...allOverrides(routes)].some(([of, { disabled }]) => of === name && disabled);
}

function mutationsOf({ config }: HttpFilter): readonly ConfigNode[] {
  return config?.get('mutations', 'request_mutations')?.items() ?? [];
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
  const { names, spellings } = readStrip(context, checked, filters.slice(0, askedAt));
  const at = node.get('early_header_mutation_extensions') ?? node;
  if (spellings.identity.length > 0) {
    const why = isUnasked
      ? 'where Envoy does not ask, a client can send'
      : 'only Sallyport, and only as far as it sees headers, removes a client’s own';
    findings.judge(isUnasked, at, `${why} ${some(spellings.identity)}: ${remedy({ ...names, credentials: [] })}`);
  } else if (spellings.overrides.length > 0) {
    const why = 'by which it asks an upstream for another method, path or host';
    findings.warn(
      at,
      `a client can send ${some(spellings.overrides)}, ${why}: ${remedy({ ...names, credentials: [] })}`,
    );
  }
}

/** Says which names Envoy does not remove, and what to write so that it does. */
export function remedy(names: ForbiddenNames): string {
  const { all, others } = strippedNames(names);
  const [first, ...more] = stripMutations({ all, others });
  const what = `no mutation removes every spelling of ${some([...all, ...others])}`;
  if (first === undefined || more.length > 0) {
    return `${what}; copy early_header_mutation_extensions from what \`sallyport envoy\` prints`;
  }
  // JSON is YAML.
  return `${what}; add \`${JSON.stringify(first.mutation)}\` to the mutations in early_header_mutation_extensions`;
}

/** The first of some names. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
