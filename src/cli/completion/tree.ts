import type { Action, Command } from '../command.ts';
import { COMMON } from '../terminal/common-options.ts';

/** What can be completed after one command, such as `serve` or `keys revoke`. */
export interface CompletedAction {
  /** The words of the command. */
  readonly path: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Whether an argument without an option is a file. */
  readonly takesFile: boolean;
}

export interface CompletedOption {
  /** With its dashes. */
  readonly name: string;
  readonly help: string;
  readonly value: 'none' | 'file' | 'other';
}

/** A command with what follows it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  /** Sub-commands; empty for a command that is one action. */
  readonly words: readonly { readonly name: string; readonly summary: string }[];
}

/** Everything that a shell can complete. */
export interface CompletionTree {
  readonly commands: readonly CompletedCommand[];
  readonly actions: readonly CompletedAction[];
}

/** Reads the definitions of all commands. */
export function completionTree(commands: readonly Command[]): CompletionTree {
  return {
    commands: commands.map(({ name, summary, actions }) => {
      const words = Object.entries(actions).filter(([word]) => word !== '');
      return { name, summary, words: words.map(([word, one]) => ({ name: word, summary: one.summary })) };
    }),
    actions: commands.flatMap(({ name, actions }) =>
      Object.entries(actions).map(([word, action]) => completed(word === '' ? name : `${name} ${word}`, action)),
    ),
  };
}

function completed(path: string, { summary, options, takes = [] }: Action): CompletedAction {
  const own = Object.entries({ ...options, ...COMMON }).map(([name, option]): CompletedOption => {
    const value = option.type === 'boolean' ? 'none' : option.placeholder === 'FILE' ? 'file' : 'other';
    return { name: `--${name}`, help: option.help, value };
  });
  return { path, summary, options: own, takesFile: takes.some((argument) => argument.includes('FILE')) };
}

/** The names of all options whose value is of one kind, each once. */
export function optionsWith({ actions }: CompletionTree, value: CompletedOption['value']): readonly string[] {
  return [
    ...new Set(actions.flatMap(({ options }) => options.filter((one) => one.value === value).map(({ name }) => name))),
  ];
}
