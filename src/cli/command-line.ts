import { errorMessage } from '../lib/errors.ts';
import { quote, suggest } from '../lib/wording.ts';
import type { Command, Terminal } from './command.ts';
import { CommandError, UsageError } from './command.ts';
import { asksForJson, parseArguments, wordsIn } from './terminal/arguments.ts';
import { columns } from './terminal/help-text.ts';
import { errorJson, jsonTerminal, show } from './terminal/json.ts';
import { EXIT_PIPE_CLOSED, OutputError } from './terminal/output.ts';

/** Every command by name, in the order of the help. Each is loaded when it is needed, because some need much. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).init,
  serve: async () => (await import('./serve.ts')).serve,
  status: async () => (await import('./status/status.ts')).status,
  check: async () => (await import('./check.ts')).check,
  envoy: async () => (await import('./envoy/envoy.ts')).envoy,
  routes: async () => (await import('./routes/routes.ts')).routes,
  explain: async () => (await import('./explain.ts')).explain,
  test: async () => (await import('./test/test.ts')).test,
  account: async () => (await import('./account/account.ts')).account,
  token: async () => (await import('./token/token.ts')).token,
  revocations: async () => (await import('./revocations/revocations.ts')).revocations,
  keys: async () => (await import('./keys/keys.ts')).keys,
  store: async () => (await import('./store/store.ts')).store,
  migration: async () => (await import('./migration.ts')).migration,
  completion: async () => (await import('./completion/completion.ts')).defineCompletion(loadCommands),
};

/** Runs one command line; resolves to the exit code: 0 done, 1 refused or failed, 2 not understood, 141 cut off by its reader. */
export async function runCommandLine([name = '', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (['--help', '-h', 'help'].includes(name)) {
    terminal.out(await helpOfAll());
    return 0;
  }
  const json = asksForJson(args);
  const own = json ? jsonTerminal(terminal) : terminal;
  if (name === '--version') {
    const { readVersion } = await import('../lib/version.ts');
    const version = readVersion();
    show(own, { version, node: process.versions.node }, `${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.() : undefined;
  if (command === undefined) return reportUnknown(name, json, terminal);
  try {
    return await run(command, args, own);
  } catch (error) {
    return report(error, command.nameIn(wordsIn(args, command.options)), json, terminal);
  }
}

/** Every command, for what is made of all of them. */
export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}

async function helpOfAll(): Promise<string> {
  const commands = await loadCommands();
  return `usage: sallyport COMMAND [--config FILE] [--json]
       sallyport --version

commands:
${columns(commands.map(({ name, summary }) => [name, summary]))}
\`sallyport COMMAND --help\` shows the arguments and options of a command. The configuration is sallyport.yaml
unless --config names another file.
`;
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

function reportUnknown(name: string, json: boolean, terminal: Terminal): number {
  return report(new UsageError(wordUnknown(name)), undefined, json, terminal);
}

function wordUnknown(name: string): string {
  if (name === '') return 'a command is missing';
  if (name.startsWith('-')) return `the command comes first and its options after it: found ${quote(name)}`;
  return `no such command: ${quote(name)}${suggest(name, Object.keys(COMMANDS))}`;
}

/** @param name the command whose help describes what was expected. */
function report(error: unknown, name: string | undefined, json: boolean, { err }: Terminal): number {
  if (error instanceof OutputError) return error.isClosed ? EXIT_PIPE_CLOSED : 1;
  const isUsage = error instanceof UsageError;
  if (json) err(errorJson(error));
  else if (isUsage)
    err(`sallyport: ${error.message}; see \`sallyport ${name === undefined ? '' : `${name} `}--help\`\n`);
  else err(error instanceof CommandError ? `${error.message}\n` : `sallyport: ${errorMessage(error)}\n`);
  return isUsage ? 2 : 1;
}
