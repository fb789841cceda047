import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Wrong options of a script. The message is for the person who typed them, who needs no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Like `parseArgs` of Node. Throws a {@link UsageError} for what the script does not know. */
export function readOptions<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node's advice for other shapes follows its first sentence.
    const [first = ''] = error instanceof Error ? error.message.split(/\. |\n/) : [];
    throw new UsageError(first);
  }
}

/** Reads a whole number. Throws a {@link UsageError} unless it lies between the two. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${option}: expected a whole number from ${least} to ${most}, found '${text}'`);
}

/** Runs a script. For wrong options it prints what is wrong and how to see the help, and the exit code is 2. */
export async function runScript(command: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\nSee ${command} -- --help\n`);
    process.exitCode = 2;
  }
}
