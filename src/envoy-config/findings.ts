import type { Problem } from '../config/reading/problems.ts';
import type { ConfigNode } from './reading/config-node.ts';

/** What was found in the configuration of Envoy. */
export interface EnvoyFindings {
  /** What lets requests pass that Sallyport did not allow, or breaks the promise. */
  readonly problems: readonly Problem[];
  /** What denies good requests, costs time, or hides something. */
  readonly warnings: readonly Problem[];
  /** The parts that the files do not contain, and that are therefore not checked. */
  readonly unseen: readonly Problem[];
}

/** Collects findings; the same one counts once, whichever way leads to it. */
export class Findings {
  private readonly problems = new Map<string, Problem>();
  private readonly warnings = new Map<string, Problem>();
  private readonly unseen = new Map<string, Problem>();

  refuse(node: ConfigNode, message: string): void {
    add(this.problems, node.say(message));
  }

  warn(node: ConfigNode, message: string): void {
    add(this.warnings, node.say(message));
  }

  /** @param message what is not there, and how to have it checked. */
  miss(node: ConfigNode, message: string): void {
    add(this.unseen, node.say(message));
  }

  /** Refuses what is certain to be dangerous here, and otherwise warns. */
  judge(isDangerous: boolean, node: ConfigNode, message: string): void {
    if (isDangerous) this.refuse(node, message);
    else this.warn(node, message);
  }

  result(): EnvoyFindings {
    const [problems, warnings, unseen] = [this.problems, this.warnings, this.unseen].map(sorted);
    return { problems: problems ?? [], warnings: warnings ?? [], unseen: unseen ?? [] };
  }
}

function add(to: Map<string, Problem>, problem: Problem): void {
  to.set(`${problem.file}:${problem.line}:${problem.column}:${problem.message}`, problem);
}

function sorted(problems: ReadonlyMap<string, Problem>): readonly Problem[] {
  // A stable sort by line keeps the files in the order in which they were named.
  const files = [...new Set(Array.from(problems.values(), ({ file }) => file))];
  return [...problems.values()].toSorted(
    (one, other) =>
      files.indexOf(one.file) - files.indexOf(other.file) || one.line - other.line || one.column - other.column,
  );
}
