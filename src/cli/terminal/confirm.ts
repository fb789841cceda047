import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';

/** Asks for confirmation on a terminal. Elsewhere there is no one to ask, so `--yes` is required. */
export async function confirm(what: string, isConfirmed: boolean, { stdin, err }: Terminal): Promise<void> {
  if (isConfirmed) return;
  if (!stdin.isTTY) throw new UsageError(`${what}; add --yes to confirm`);
  err(`${what}. Continue? [y/N] `);
  const reader = createInterface({ input: stdin });
  let answer = '';
  for await (answer of reader) break;
  reader.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('sallyport: nothing was done');
}
