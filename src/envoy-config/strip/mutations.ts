import { everySpelling, otherSpellingsOnly, type Piece } from './spelling-pieces.ts';

/** One of Envoy's mutations that remove headers. */
export interface StripMutation {
  /** The names whose spellings it removes. */
  readonly names: readonly string[];
  readonly mutation: { readonly remove: string } | RemoveOnMatch;
}

/** The expression must match the whole name of a header, in RE2 and JavaScript. */
interface RemoveOnMatch {
  readonly remove_on_match: { readonly key_matcher: { readonly safe_regex: { readonly regex: string } } };
}

/** What Envoy must remove from requests. Names in lower case. */
export interface StrippedNames {
  /** These in every spelling. */
  readonly all: readonly string[];
  /** Only the other spellings of these. */
  readonly others: readonly string[];
}

/** Envoy refuses an expression of more instructions (`re2.max_program_size.error_level`). */
const MOST = 100;
/** At most what an expression costs beside its pieces. */
const FIXED = 6;

/**
 * Makes few mutations that remove all spellings of some names, and no other name. Each expression begins with `^` and the
 * first word of all of its names, so that Envoy is done at once with most headers. A name of one word has one spelling.
 */
export function stripMutations({ all, others }: StrippedNames): readonly StripMutation[] {
  const plain = all.filter((name) => !name.includes('-'));
  const forms = [
    ...all.filter((name) => name.includes('-')).map((name) => ({ name, pieces: everySpelling(name) })),
    ...others.flatMap((name) => otherSpellingsOnly(name).map((pieces) => ({ name, pieces }))),
  ].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  return [
    ...[...new Set(plain)].toSorted().map((name) => ({ names: [name], mutation: { remove: name } })),
    ...groupsOf(forms).map((group) => ({
      names: [...new Set(group.map(({ name }) => name))],
      mutation: {
        remove_on_match: { key_matcher: { safe_regex: { regex: `^${textOf(treeOf(group))}` } } },
      },
    })),
  ];
}

/** Forms with the same first piece, as many as one expression has room for. */
function groupsOf(forms: readonly Form[]): readonly (readonly Form[])[] {
  const groups: Form[][] = [];
  for (const form of forms) {
    const last = groups.at(-1);
    const hasRoom = last !== undefined && costOf(treeOf([...last, form])) + FIXED <= MOST;
    if (hasRoom && last[0]?.pieces[0]?.text === form.pieces[0]?.text) last.push(form);
    else groups.push([form]);
  }
  return groups;
}

/** One alternative of an expression. */
interface Form {
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** Puts forms with the same beginning side by side. */
function keyOf({ pieces }: Form): string {
  return pieces.map(({ text }) => text).join('\n');
}

/** Pieces that follow each other; `ends`: a name may end here. */
interface Tree {
  readonly next: Map<string, Branch>;
  ends: boolean;
}
interface Branch {
  readonly piece: Piece;
  readonly tree: Tree;
}

function treeOf(forms: readonly Form[]): Tree {
  const root: Tree = { next: new Map(), ends: false };
  for (const { pieces } of forms) {
    let tree = root;
    for (const piece of pieces) {
      const branch = tree.next.get(piece.text) ?? { piece, tree: { next: new Map(), ends: false } };
      tree.next.set(piece.text, branch);
      tree = branch.tree;
    }
    tree.ends = true;
  }
  return root;
}

/** An upper bound: RE2 makes no more than one further instruction for each branch and each option. */
function costOf({ next, ends }: Tree): number {
  const branches = [...next.values()].reduce((sum, { piece, tree }) => sum + piece.cost + costOf(tree), 0);
  const alternatives = next.size > 1 ? next.size : 0;
  return branches + alternatives + (ends && next.size > 0 ? 1 : 0);
}

function textOf({ next, ends }: Tree): string {
  const branches = Array.from(next.values(), ({ piece, tree }) => `${piece.text}${textOf(tree)}`);
  if (branches.length === 0) return '';
  if (branches.length === 1 && !ends) return branches.join('');
  return `(?:${branches.join('|')})${ends ? '?' : ''}`;
}
