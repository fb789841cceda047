import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { wordFileError } from '../../lib/errors.ts';
import { decodeUtf8, withoutNewline } from '../../lib/utf8.ts';
import { quote } from '../../lib/wording.ts';
import type { Terminal } from '../command.ts';
import { CommandError } from '../command.ts';

/**
 * Reads a file, or standard input for `-`, without the newline at its end. Throws a {@link CommandError} if it cannot be
 * read or is not UTF-8. A credential is never an argument of the command line, because every process can read those.
 */
export async function readCredentialFile(file: string, { stdin }: Terminal): Promise<string> {
  const bytes =
    file === '-' ? await buffer(stdin) : await readFile(file).catch((cause: unknown) => refuse(file, cause));
  const text = decodeUtf8(bytes);
  if (text === undefined)
    throw new CommandError(`sallyport: ${file === '-' ? 'standard input' : file} is not UTF-8 text`);
  return withoutNewline(text);
}

function refuse(file: string, cause: unknown): never {
  const name = isMaybeSecret(file) ? 'the credential file' : quote(file);
  throw new CommandError(`sallyport: cannot read ${name}: ${wordFileError(cause)}`, { cause });
}

/** Whether the name may be the credential itself, given by mistake. It is then not repeated. */
function isMaybeSecret(file: string): boolean {
  return /[:\s]|^[^./]{20,}$|^[^/.]*\.[^/.]*\.[^/.]*$/.test(file);
}
