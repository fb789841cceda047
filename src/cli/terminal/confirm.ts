import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';

/** Asks whether to go on, on a terminal; elsewhere nobody could answer, and `--yes` must have been given. */
export async function confirm(what: string, isConfirmed: boolean, { stdin, err }: Terminal): Promise<void> {
  if (isConfirmed) return;
  if (!stdin.isTTY) throw new UsageError(`${what}: --yes is missing`);
  err(`${what}. Go on? [y/N] `);
  const reader = createInterface({ input: stdin });
  let answer = '';
  for await (answer of reader) break;
  reader.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('sallyport: nothing was done');
}
