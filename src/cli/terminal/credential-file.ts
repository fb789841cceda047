import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { wordFileError } from '../../config/reading/draft.ts';
import { decodeUtf8, withoutNewline } from '../../lib/utf8.ts';
import { quote } from '../../lib/wording.ts';
import type { Terminal } from '../command.ts';
import { CommandError } from '../command.ts';

/**
 * What a file holds, or standard input where it is `-`, without the newline at its end. Throws a {@link CommandError}
 * where it cannot be read or is not UTF-8. A credential never comes from the command line itself: every process of the
 * machine can read that.
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

/** Whether somebody may have given the credential itself in place of a file's name: that is not repeated. */
function isMaybeSecret(file: string): boolean {
  return /[:\s]|^[^./]{20,}$|^[^/.]*\.[^/.]*\.[^/.]*$/.test(file);
}
