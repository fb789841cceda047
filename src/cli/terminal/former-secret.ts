import type { StoreConfig } from '../../config/config.ts';
import { decodeBase64url, wasDecoded, withoutNewline } from '../../lib/utf8.ts';
import { readSealFile } from '../../signing/seal-file.ts';
import type { Arguments, Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';
import { readCredentialFile } from './credential-file.ts';

/** The secret that signing keys were sealed with before: from where the options say, or from the file beside the store. */
export async function readFormerSecret(
  { values }: Arguments,
  terminal: Terminal,
  store: StoreConfig,
): Promise<Uint8Array> {
  const { 'from-env': name, 'from-file': file, base64url } = values;
  if (name !== undefined && file !== undefined) throw new UsageError('expected one of --from-env and --from-file');
  if (typeof name === 'string') return decode(readVariable(name, terminal));
  if (typeof file === 'string') return decode(await readCredentialFile(file, terminal));
  if (store.kind !== 'sqlite') throw new UsageError('expected --from-env or --from-file');
  const beside = `${store.path}.seal`;
  return (await readSealFile(beside)) ?? refuse(`there is no ${beside}: say where the former secret is`);

  function decode(text: string): Uint8Array {
    if (base64url !== true) return Buffer.from(text, 'utf8');
    return decodeBase64url(text) ?? refuse('the former secret is not valid base64url');
  }
}

function readVariable(name: string, { env }: Terminal): string {
  const value = env[name] ?? refuse(`the environment variable ${name} is not set`);
  return wasDecoded(value) ? withoutNewline(value) : refuse(`the environment variable ${name} is not UTF-8 text`);
}

function refuse(message: string): never {
  throw new CommandError(`sallyport: ${message}`);
}
