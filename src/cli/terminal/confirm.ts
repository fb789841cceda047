import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';

/** Asks for confirmation on a terminal. A program (`--json`) and what has no terminal must give `--yes`. */
export async function confirm(what: string, isConfirmed: boolean, { stdin, err, json }: Terminal): Promise<void> {
  if (isConfirmed) return;
  if (!stdin.isTTY || json === true) throw new UsageError(`${what}; add --yes to confirm`);
  err(`${what}. Continue? [y/N] `);
  const reader = createInterface({ input: stdin });
  let answer = '';
  for await (answer of reader) break;
  reader.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('sallyport: nothing was done');
}
