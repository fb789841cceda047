import { errorMessage } from '../lib/errors.ts';
import { readVersion } from '../lib/version.ts';
import { account } from './account/account.ts';
import { check } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { CommandError, UsageError } from './command.ts';
import { explain } from './explain.ts';
import { keys } from './keys/keys.ts';
import { migration } from './migration.ts';
import { routes } from './routes/routes.ts';
import { serve } from './serve.ts';
import { store } from './store/store.ts';
import { parseArguments, wordsIn } from './terminal/arguments.ts';
import { columns } from './terminal/help-text.ts';
import { EXIT_PIPE_CLOSED, OutputError } from './terminal/output.ts';
import { token } from './token/token.ts';

const COMMANDS: readonly Command[] = [serve, check, routes, explain, account, store, keys, token, migration];

const HELP = `usage: sallyport COMMAND [--config FILE]
       sallyport --version

commands:
${columns(COMMANDS.map(({ name, summary }) => [name, summary]))}
\`sallyport COMMAND --help\` shows the arguments and options of a command. The configuration is sallyport.yaml
unless --config names another file.
`;

/** Runs one command line; resolves to the exit code: 0 done, 1 refused or failed, 2 not understood, 141 cut off by its reader. */
export async function runCommandLine([name = '', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (['--help', '-h', 'help'].includes(name)) {
    terminal.out(HELP);
    return 0;
  }
  if (name === '--version') {
    terminal.out(`${readVersion()}\n`);
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    terminal.err(`sallyport: ${name === '' ? 'a command is missing' : `no such command: '${name}'`}\n${HELP}`);
    return 2;
  }
  return await run(command, args, terminal).catch((error: unknown) => report(error, command, args, terminal));
}

async function run(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArguments(args, command.options);
  if (values['help'] === true) {
    terminal.out(command.help(positionals));
    return 0;
  }
  const { config } = values;
  return command.run({ values, positionals, config: typeof config === 'string' ? config : 'sallyport.yaml' }, terminal);
}

function report(error: unknown, command: Command, args: readonly string[], terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.err(`sallyport: ${error.message}\n${command.usage(wordsIn(args, command.options))}`);
    return 2;
  }
  if (error instanceof OutputError) return error.isClosed ? EXIT_PIPE_CLOSED : 1;
  const message = errorMessage(error);
  terminal.err(error instanceof CommandError ? `${message}\n` : `sallyport: ${message}\n`);
  return 1;
}
