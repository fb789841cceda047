import { decodeBase64url, wasDecoded, withoutNewline } from '../../lib/utf8.ts';
import type { Terminal } from '../command.ts';
import { CommandError, UsageError } from '../command.ts';
import { readCredentialFile } from './credential-file.ts';

export interface FormerSecretOptions {
  readonly 'from-env'?: string;
  readonly 'from-file'?: string;
  readonly base64url?: boolean;
}

/** The secret that signing keys were sealed with before, from where the options say; `undefined` if they do not say. */
export async function readFormerSecret(
  { 'from-env': name, 'from-file': file, base64url }: FormerSecretOptions,
  terminal: Terminal,
): Promise<Uint8Array | undefined> {
  if (name !== undefined && file !== undefined)
    throw new UsageError('--from-env and --from-file cannot be used together');
  if (name !== undefined) return decode(readVariable(name, terminal));
  if (file !== undefined) return decode(await readCredentialFile(file, terminal));
  if (base64url === true) throw new UsageError('--base64url needs --from-env or --from-file');
  return undefined;

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
