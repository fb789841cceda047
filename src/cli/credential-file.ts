import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Terminal } from './command.ts';
import { CommandError } from './command.ts';

/**
 * What a file holds, or standard input where it is `-`, without a line end. A credential never comes from the command
 * line itself: every process of the machine can read that.
 */
export async function readCredentialFile(file: string, { stdin }: Terminal): Promise<string> {
  const read = file === '-' ? await text(stdin) : await readFile(file, 'utf8').catch(refuse);
  return read.replace(/\r?\n$/, '');
}

function refuse(cause: unknown): never {
  throw new CommandError('sallyport: cannot read the credential file', { cause });
}
