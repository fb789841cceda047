import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../../src/cli/command-line.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
}

interface RunResult {
  readonly code: number;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Runs one command to its end in this process, because a new process takes most of a second. */
export async function runSallyport(
  args: readonly string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<RunResult> {
  let output = '';
  const write = (text: string): void => {
    output += text;
  };
  const stdin = Readable.from([Buffer.from(input)]) as NodeJS.ReadStream;
  const code = await runCommandLine(args, { env: { ...process.env, ...env }, stdin, out: write, err: write });
  return { code, output };
}

/** Runs one command to its end in a new process. */
export async function runSallyportProcess(
  args: readonly string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env }, timeout: 50_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (exit) => resolve(exit ?? -1));
  });
  return { code, output };
}
