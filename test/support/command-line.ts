import { PassThrough } from 'node:stream';
import type { Terminal } from '../../src/cli/command.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  /** What standard input, which is no terminal, holds. */
  readonly input?: string;
}

/** Runs one command line in this process; `output` is what went to standard output and standard error together. */
export async function commandLine(args: readonly string[], { env = {}, input = '' }: Surroundings = {}) {
  let output = '';
  const write = (text: string): void => void (output += text);
  const stdin = Object.assign(new PassThrough(), { isTTY: false });
  stdin.end(input);
  // Commands use nothing else of a stream of the process.
  const terminal = { env, stdin, out: write, err: write } as unknown as Terminal;
  const code = await runCommandLine(args, terminal);
  return { code, output };
}
