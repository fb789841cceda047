import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { parseJson } from '../utf8.ts';

/** The public keys of a reporter of leaks, by their identifiers. */
export type ReporterKeys = ReadonlyMap<string, KeyObject>;

/**
 * Reads the document in which GitHub publishes the keys of its secret scanning:
 * `{"public_keys":[{"key_identifier":"…","key":"-----BEGIN PUBLIC KEY-----…"}]}`. Leaves out every entry that is not an
 * ECDSA key on P-256. `undefined` if no key is left.
 */
export function parseReporterKeys(text: string): ReporterKeys | undefined {
  const document = parseJson(text);
  const listed: unknown = typeof document === 'object' && document !== null && Reflect.get(document, 'public_keys');
  if (!Array.isArray(listed)) return undefined;
  const keys = new Map(listed.flatMap((entry: unknown) => readEntry(entry)));
  return keys.size === 0 ? undefined : keys;
}

function readEntry(entry: unknown): readonly (readonly [string, KeyObject])[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const id: unknown = Reflect.get(entry, 'key_identifier');
  const pem: unknown = Reflect.get(entry, 'key');
  if (typeof id !== 'string' || id === '' || typeof pem !== 'string') return [];
  const key = readKey(pem);
  return key === undefined ? [] : [[id, key]];
}

function readKey(pem: string): KeyObject | undefined {
  // Node would also make a public key of a private one.
  if (!pem.trim().startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}
