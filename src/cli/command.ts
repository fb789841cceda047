import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import type { Problem } from '../config/reading/problems.ts';
import { formatProblems } from '../config/reading/problems.ts';

/** Where a command reads and writes. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  out(text: string): void;
  err(text: string): void;
  /**
   * Resolves once the reader of `out` has taken what was written so far; for commands that write more than memory should
   * hold. Rejects where the reader has gone or the output fails. Absent where writing never waits.
   */
  readonly taken?: () => Promise<void>;
  /** Whether the caller is a program (`--json`): `out` takes one JSON document, `err` lines of JSON, and it asks nothing. */
  readonly json?: boolean;
}

/** An option of a command. What is read, refused and shown in the help all follows from this. */
export type Option =
  | {
      readonly type: 'string';
      /** What stands for the value in the help, such as `FILE`. */
      readonly placeholder: string;
      /** Says what it does in one line. */
      readonly help: string;
      /** Whether the command needs it; optional by default. */
      readonly required?: true;
      /** Whether it may be given several times. */
      readonly multiple?: true;
    }
  | { readonly type: 'boolean'; readonly help: string };

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** The values of options that were given. */
export type Values<Own extends Options> = { readonly [Name in keyof Own]?: ValueOf<Own[Name]> };

type ValueOf<One extends Option> = One extends { readonly type: 'boolean' }
  ? boolean
  : One extends { readonly multiple: true }
    ? readonly string[]
    : string;

/** A command's arguments, parsed. */
export interface Arguments<Own extends Options = Options> {
  readonly positionals: readonly string[];
  readonly values: Values<Own>;
  /** Path of the configuration. */
  readonly config: string;
}

/** What can be run: a command, or a sub-command such as `sallyport keys list`. */
export interface Action<Own extends Options = Options> {
  /** One line for the list of commands: a verb in the imperative, without a period. */
  readonly summary: string;
  /** Names of the arguments, `[NAME]` for one that may be left out. Where absent, the action checks them itself. */
  readonly takes?: readonly string[];
  /** What may follow the name, one line for each form. By default made of `takes` and `options`. */
  readonly forms?: readonly string[];
  /** Options beside those that every command takes. */
  readonly options: Own;
  /** What `--json` prints: names of members as in `[{kid, algorithm}]`, or a sentence. */
  readonly json: string;
  /** The rest of the help, in lines of at most 100 characters. */
  readonly details?: string;
  /** Resolves to the exit code. Throws {@link UsageError} where the arguments are wrong. */
  run(args: Arguments<Own>, terminal: Terminal): Promise<number>;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  /** By the words that follow the name: one with the key `''`, or one for each sub-command. */
  readonly actions: Readonly<Record<string, Action>>;
  /** What `--help` prints. @param words the arguments without options: the first may name a sub-command. */
  help(words: readonly string[]): string;
  /** The command whose help an error refers to, such as `keys revoke`. */
  nameIn(words: readonly string[]): string;
  /** Resolves to the exit code. Throws {@link UsageError} where the arguments are wrong. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command line was understood and cannot be carried out: exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The configuration is not valid: exit code 1. */
export class ConfigError extends CommandError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** Loads the configuration; throws a {@link ConfigError} with every problem, one a line. */
export function requireConfig(file: string, env: NodeJS.ProcessEnv): Config {
  return requireLoaded(file, env).config;
}

/** The same, with the files that it depends on. */
export function requireLoaded(file: string, env: NodeJS.ProcessEnv): Loaded & { readonly ok: true } {
  const loaded = loadConfig(file, env);
  if (loaded.ok) return loaded;
  throw new ConfigError(loaded.problems);
}
