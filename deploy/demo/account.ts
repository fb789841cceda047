import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** The account of the demo. */
export interface Account {
  readonly name: string;
  readonly password: string;
  /** Whether it was made up for this run. */
  readonly fresh: boolean;
}

/** Reads `name:password`, or makes an account up where nothing is given. Never repeats what it cannot read. */
export function demoAccount(given: string | undefined): Account {
  if (given === undefined || given === '') {
    return { name: 'demo', password: randomBytes(15).toString('base64url'), fresh: true };
  }
  const [, name, password] = /^([^:]+):(.+)$/s.exec(given) ?? [];
  if (name === undefined || password === undefined) throw new Error('SALLYPORT_ACCOUNT must read name:password');
  return { name, password, fresh: false };
}

/** What a first account made by SALLYPORT_ACCOUNT may do. */
const SCOPES = 'all:any,tokens:manage';

/** Runs the command line; resolves to the exit code and all that it said. */
export type RunSallyport = (
  args: readonly string[],
  input: string,
) => Promise<{ readonly code: number; readonly output: string }>;

/**
 * Makes the account where the store has others, which keeps Sallyport from making it; without a store it does nothing. An
 * account that is there gets the password that was made up, and keeps its own where one was given.
 */
export async function prepareAccount({ name, password, fresh }: Account, run: RunSallyport): Promise<void> {
  const listed = await run(['account', 'list'], '');
  if (listed.code !== 0 || listed.output === '') return;
  const { code } = await run(['account', 'show', name], '');
  const change = fresh ? ['account', 'password', name] : undefined;
  const args = code === 0 ? change : ['account', 'add', name, '--scopes', SCOPES];
  if (args === undefined) return;
  const made = await run(args, `${password}\n`);
  if (made.code !== 0) throw new Error(`the account ${name} cannot be used: ${made.output.trim()}`);
}

/** The command line of this checkout, on one configuration. */
export function commandLine(main: string, config: string): RunSallyport {
  return (args, input) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args, '--config', config], { stdio: 'pipe' });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      }
      child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, output }));
      // A command that does not read ends before it is written to.
      child.stdin.on('error', () => {}).end(input);
    });
}
