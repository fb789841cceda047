import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblems } from '../config/reading/problems.ts';

/** Where a command reads and writes. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  out(text: string): void;
  err(text: string): void;
  /**
   * Resolves once the reader of `out` has taken what was written so far; for commands that write more than memory should
   * hold. Rejects where the reader has gone or the output fails. Absent where nothing ever waits.
   */
  readonly taken?: () => Promise<void>;
}

/** A command's arguments, parsed. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  /** Path of the configuration. */
  readonly config: string;
}

/** One command of the command line. */
export interface Command {
  readonly summary: string;
  readonly usage: string;
  /** Options beside `--config` and `--help`. */
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** Resolves to the exit code. Throws {@link UsageError} where the arguments are off. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command line was understood, and cannot be carried out: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Loads the configuration; throws a {@link CommandError} with every problem, one a line. */
export function requireConfig(file: string, env: NodeJS.ProcessEnv): Config {
  return requireLoaded(file, env).config;
}

/** The same, with the files that it depends on. */
export function requireLoaded(file: string, env: NodeJS.ProcessEnv): Loaded & { readonly ok: true } {
  const loaded = loadConfig(file, env);
  if (loaded.ok) return loaded;
  throw new CommandError(formatProblems(loaded.problems));
}
