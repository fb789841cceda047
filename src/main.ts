import { account } from './cli/account.ts';
import { parseArguments } from './cli/arguments.ts';
import { check } from './cli/check.ts';
import type { Command, Terminal } from './cli/command.ts';
import { CommandError, UsageError } from './cli/command.ts';
import { explain } from './cli/explain.ts';
import { keys } from './cli/keys.ts';
import { migration } from './cli/migration.ts';
import { routes } from './cli/routes.ts';
import { serve } from './cli/serve.ts';
import { store } from './cli/store.ts';
import { EXIT_PIPE_CLOSED, finish, Output, OutputError } from './cli/terminal/output.ts';
import { token } from './cli/token.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['serve', serve],
  ['check', check],
  ['routes', routes],
  ['explain', explain],
  ['account', account],
  ['store', store],
  ['keys', keys],
  ['token', token],
  ['migration', migration],
]);

const WIDTH = Math.max(...[...COMMANDS.keys()].map((name) => name.length));

const USAGE = `usage: sallyport <command> [--config FILE]

commands:
${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(WIDTH)} ${summary}`).join('\n')}

Every command takes --config FILE (default: sallyport.yaml) and --help.
`;

/** Runs one command line; resolves to the exit code: 0 done, 1 refused or failed, 2 not understood, 141 cut off by its reader. */
async function main([name = '', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.out(USAGE);
    return 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    terminal.err(`sallyport: ${name === '' ? 'a command is missing' : `no such command: '${name}'`}\n${USAGE}`);
    return 2;
  }
  return await run(command, args, terminal).catch((error: unknown) => report(error, command, terminal));
}

async function run(command: Command, args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArguments(args, command.options);
  if (values['help'] === true) {
    terminal.out(command.usage);
    return 0;
  }
  const { config } = values;
  return command.run({ values, positionals, config: typeof config === 'string' ? config : 'sallyport.yaml' }, terminal);
}

function report(error: unknown, command: Command, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.err(`sallyport: ${error.message}\n${command.usage}`);
    return 2;
  }
  if (error instanceof OutputError) return error.isClosed ? EXIT_PIPE_CLOSED : 1;
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(error instanceof CommandError ? `${message}\n` : `sallyport: ${message}\n`);
  return 1;
}

/** What may still be open when a command is done, such as a silent client's connection, is not waited for. */
const LINGER_MS = 1_000;

const out = new Output(process.stdout);
const err = new Output(process.stderr);
const code = await main(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  out: (text) => out.write(text),
  err: (text) => err.write(text),
  taken: () => out.taken(),
});
process.exitCode = await finish(code, out, err);
setTimeout(() => process.exit(), LINGER_MS).unref();
