import { createPublicKey } from 'node:crypto';
import { readObject } from './fetch-document.ts';
import { isObject } from './json-object.ts';
import type { VerificationKey } from './keys.ts';
import { isUsable } from './keys.ts';

const MAX_KEYS = 100;

/** A key of a set, with the members that say what it may be used for. */
export interface PublishedKey extends VerificationKey {
  readonly algorithm: string | undefined;
  /** The same for the same key under the same name, and for no other. */
  readonly spelling: string;
}

/**
 * The keys of a JWK Set (RFC 7517, section 5) that can verify a signature, each once, of the first hundred. Throws
 * where the text is no such set, and where none of its keys can: nobody publishes that on purpose.
 */
export function readKeySet(text: string): readonly PublishedKey[] {
  const { keys } = readObject(text);
  if (!Array.isArray(keys)) throw new Error('its answer has no "keys" array');
  const read = keys.slice(0, MAX_KEYS).flatMap(readKey);
  if (read.length === 0) throw new Error('its key set has no key that could verify a signature');
  return [...new Map(read.map((key) => [key.spelling, key])).values()];
}

/** One JWK, none where it is no public signature key that we can read (RFC 7517, section 5: such keys are ignored). */
function readKey(jwk: unknown): PublishedKey[] {
  if (!isObject(jwk) || jwk['kty'] === 'oct' || (jwk['use'] !== undefined && jwk['use'] !== 'sig')) return [];
  const operations = jwk['key_ops'];
  if (Array.isArray(operations) && !operations.includes('verify')) return [];
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!isUsable(key)) return [];
    const { kid, alg } = jwk;
    const spelling = JSON.stringify([kid, alg, key.export({ format: 'jwk' })]);
    return [{ kid: text(kid), algorithm: text(alg), key, spelling, inForce: { inForce: true } }];
  } catch {
    return [];
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
