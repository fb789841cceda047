import { segmentsOf } from './pattern-order.ts';

/** One segment of the patterns of a tree. */
interface Branch<T> {
  readonly literals: Map<string, Branch<T>>;
  param: Branch<T> | undefined;
  /** What was added for a pattern that ends here. */
  here: T | undefined;
  /** What was added for a pattern with `**` here. */
  rest: T | undefined;
}

/** How many branches may still be visited. Below 0, what was found is not complete. */
export interface Effort {
  left: number;
}

/**
 * Patterns by their segments, to find those that overlap with another one without a comparison with each. Patterns of the
 * same shape are one.
 */
export class PatternTree<T> {
  private readonly root: Branch<T> = newBranch();

  /** Returns what was added for a pattern of this shape; adds what `create` returns if there is nothing. */
  at(pattern: string, create: () => T): T {
    let branch = this.root;
    for (const segment of segmentsOf(pattern)) {
      if (segment === '**') return (branch.rest ??= create());
      branch = childOf(branch, segment);
    }
    return (branch.here ??= create());
  }

  /** What was added for each pattern that overlaps with this one (`overlaps`), in no particular order. */
  overlapping(pattern: string, effort: Effort): readonly T[] {
    const found: T[] = [];
    collect(this.root, segmentsOf(pattern), 0, found, effort);
    return found;
  }
}

function newBranch<T>(): Branch<T> {
  return { literals: new Map(), param: undefined, here: undefined, rest: undefined };
}

function childOf<T>(branch: Branch<T>, segment: string): Branch<T> {
  if (segment.startsWith('{')) return (branch.param ??= newBranch());
  const child = branch.literals.get(segment) ?? newBranch<T>();
  branch.literals.set(segment, child);
  return child;
}

function collect<T>(branch: Branch<T>, segments: readonly string[], index: number, found: T[], effort: Effort): void {
  effort.left -= 1;
  if (effort.left < 0) return;
  const segment = segments[index];
  if (branch.rest !== undefined) found.push(branch.rest);
  if (branch.here !== undefined && (segment === undefined || segment === '**')) found.push(branch.here);
  if (segment === undefined) return;
  for (const child of childrenFor(branch, segment)) {
    // The rest of the pattern matches whatever follows.
    collect(child, segments, segment === '**' ? index : index + 1, found, effort);
  }
}

/** The branches that share a value of this segment. A parameter is never empty. */
function childrenFor<T>({ literals, param }: Branch<T>, segment: string): readonly Branch<T>[] {
  const isWide = segment === '**' || segment.startsWith('{');
  const named = isWide ? [...literals.keys()].filter((name) => segment === '**' || name !== '') : [segment];
  const children = named.flatMap((name) => literals.get(name) ?? []);
  return param === undefined || segment === '' ? children : [...children, param];
}
