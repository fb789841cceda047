import { runCommandLine } from './cli/command-line.ts';
import { finish, Output } from './cli/terminal/output.ts';

/** What may still be open when a command is done, such as a silent client's connection, is not waited for. */
const LINGER_MS = 1_000;

const out = new Output(process.stdout);
const err = new Output(process.stderr);
const code = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  out: (text) => out.write(text),
  err: (text) => err.write(text),
  taken: () => out.taken(),
});
process.exitCode = await finish(code, out, err);
setTimeout(() => process.exit(), LINGER_MS).unref();
