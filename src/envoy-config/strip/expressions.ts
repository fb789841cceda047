import { everySpelling, otherSpellingsOnly, type Piece } from './spelling-pieces.ts';

/** An expression by which Envoy removes headers. */
export interface StripExpression {
  /** The names whose spellings it matches. */
  readonly names: readonly string[];
  /** For RE2 and JavaScript; must match the whole name of a header. */
  readonly expression: string;
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
/** What an expression costs beside its pieces. */
const FIXED = 4;

/** Makes as few expressions as Envoy accepts that match all spellings of some names, and no other name. */
export function stripExpressions({ all, others }: StrippedNames): readonly StripExpression[] {
  const forms = [
    ...all.map((name) => ({ name, pieces: everySpelling(name) })),
    ...others.flatMap((name) => otherSpellingsOnly(name).map((pieces) => ({ name, pieces }))),
  ].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const groups: Form[][] = [];
  for (const form of forms) {
    const last = groups.at(-1);
    if (last !== undefined && costOf(treeOf([...last, form])) + FIXED <= MOST) last.push(form);
    else groups.push([form]);
  }
  return groups.map((group) => ({
    names: [...new Set(group.map(({ name }) => name))],
    expression: alternativesOf(treeOf(group)).join('|'),
  }));
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

function alternativesOf({ next }: Tree): readonly string[] {
  return Array.from(next.values(), ({ piece, tree }) => `${piece.text}${textOf(tree)}`);
}

function textOf(tree: Tree): string {
  const branches = alternativesOf(tree);
  if (branches.length === 0) return '';
  if (branches.length === 1 && !tree.ends) return branches.join('');
  return `(?:${branches.join('|')})${tree.ends ? '?' : ''}`;
}
