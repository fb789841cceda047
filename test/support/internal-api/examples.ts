import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { goExamples, pythonAccessCode } from '../../../tools/go.ts';

const EXAMPLES = fileURLToPath(new URL('../../../docs/internal-api/', import.meta.url));

/** How to run the programs of one language in `docs/internal-api`. */
export interface Language {
  readonly name: 'TypeScript' | 'Go' | 'Python';
  command(program: 'ask' | 'service'): readonly [file: string, ...args: readonly string[]];
  readonly env: NodeJS.ProcessEnv;
}

export const TYPESCRIPT: Language = {
  name: 'TypeScript',
  command: (program) => [process.execPath, join(EXAMPLES, 'typescript', `${program}.ts`)],
  env: {},
};

/** Builds the programs, once. */
export async function goLanguage(): Promise<Language> {
  const folder = await goExamples();
  return { name: 'Go', command: (program) => [join(folder, program)], env: {} };
}

/** Makes code of the proto file, in `folder`. */
export async function pythonLanguage(folder: string): Promise<Language> {
  const path = await pythonAccessCode(folder);
  return {
    name: 'Python',
    command: (program) => ['python3', join(EXAMPLES, 'python', `${program}.py`)],
    env: { PYTHONPATH: path },
  };
}

/** Runs the program `ask` of a language about a token; resolves to the lines that it prints. */
export async function runAsk(language: Language, address: string, caller: string, token: string): Promise<string[]> {
  const [file, ...args] = language.command('ask');
  const env = { ...process.env, ...language.env, SALLYPORT_TOKEN: caller };
  const child = spawn(file, [...args, address], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stdin.end(token);
  await once(child, 'close');
  return lines;
}

/** A running program `service`. */
export interface Service {
  /** Resolves to its answer about a token. */
  authorize(token: string, scope?: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts the program `service` of a language. */
export function startService(language: Language, address: string, caller: string): Service {
  const [file, ...args] = language.command('service');
  const env = { ...process.env, ...language.env, SALLYPORT_TOKEN: caller };
  const child = spawn(file, [...args, address], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  return {
    authorize: (token, scope = 'messages:send') => {
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.push(resolve);
      child.stdin.write(`${token} ${scope}\n`);
      return promise;
    },
    close: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
