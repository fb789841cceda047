import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { wordFileError } from '../lib/errors.ts';
import { decodeUtf8 } from '../lib/utf8.ts';
import type { Address } from './reading/addresses.ts';
import { parseAddress } from './reading/addresses.ts';
import { Source } from './reading/source.ts';

/** Where the admin listener of a configuration is, and whether it uses TLS. */
export type AdminListener =
  | { readonly outcome: 'read'; readonly address: Address; readonly tls: boolean }
  /** `message` is the end of a sentence that begins with the name of the file. */
  | { readonly outcome: 'refused'; readonly message: string };

/**
 * Reads `listen.admin` and nothing else: for health checks, which must start fast, and must not fail because of a new
 * file that the running instance has refused.
 */
export function readAdminListener(file: string): AdminListener {
  const source = readSource(file);
  if (typeof source === 'string') return { outcome: 'refused', message: source };
  const written = member(member(source.value, 'listen'), 'admin');
  if (written === undefined || written === null) {
    return { outcome: 'refused', message: 'there is no listen.admin, so there is no listener to ask' };
  }
  const text = typeof written === 'string' ? written : member(written, 'address');
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  if (address === undefined) return { outcome: 'refused', message: 'listen.admin has no valid address' };
  const isTls = typeof written !== 'string' && member(written, 'tls') !== undefined;
  const place = 'path' in address ? { path: resolve(dirname(file), address.path) } : address;
  return { outcome: 'read', address: place, tls: isTls };
}

function readSource(file: string): Source | string {
  let text: string | undefined;
  try {
    text = decodeUtf8(readFileSync(file));
  } catch (error) {
    return `cannot read the file: ${wordFileError(error)}`;
  }
  try {
    const source = new Source(text ?? '');
    return source.value === undefined || text === undefined ? 'the file is no valid YAML' : source;
  } catch {
    return 'the file is no valid YAML';
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
