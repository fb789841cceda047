import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** The account of the demo. */
export interface Account {
  readonly name: string;
  readonly password: string;
  /** Whether it was generated for this run. */
  readonly fresh: boolean;
}

/** Reads `name:password`, or generates an account if nothing is given. Its error never quotes the value. */
export function demoAccount(given: string | undefined): Account {
  if (given === undefined || given === '') {
    return { name: 'demo', password: randomBytes(15).toString('base64url'), fresh: true };
  }
  const [, name, password] = /^([^:]+):(.+)$/s.exec(given) ?? [];
  if (name === undefined || password === undefined) throw new Error('SALLYPORT_ACCOUNT must read name:password');
  return { name, password, fresh: false };
}

/** The scopes that Sallyport gives to the first account of SALLYPORT_ACCOUNT. */
const SCOPES = 'all:any,tokens:manage';

/** Runs the command line; resolves to the exit code and the whole output. */
export type RunSallyport = (
  args: readonly string[],
  input: string,
) => Promise<{ readonly code: number; readonly output: string }>;

/**
 * Creates the account if the store has others, in which case Sallyport does not. Does nothing without a store. An existing
 * account gets the generated password; it keeps its own if a password was given.
 */
export async function prepareAccount({ name, password, fresh }: Account, run: RunSallyport): Promise<void> {
  const listed = await run(['account', 'list'], '');
  if (listed.code !== 0 || listed.output === '') return;
  const { code } = await run(['account', 'show', name], '');
  const change = fresh ? ['account', 'password', name] : undefined;
  const args = code === 0 ? change : ['account', 'add', name, '--scopes', SCOPES];
  if (args === undefined) return;
  const result = await run(args, `${password}\n`);
  if (result.code !== 0) throw new Error(`the account ${name} cannot be used: ${result.output.trim()}`);
}

/** Returns the command line of this checkout with one configuration. */
export function commandLine(main: string, config: string): RunSallyport {
  return (args, input) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args, '--config', config], { stdio: 'pipe' });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      }
      child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, output }));
      // A command that does not read its input may exit before this write.
      child.stdin.on('error', () => {}).end(input);
    });
}
