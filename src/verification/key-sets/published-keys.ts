import { createPublicKey } from 'node:crypto';
import { isUsable } from '../../lib/jose/key-fit.ts';
import type { JsonObject } from '../json-object.ts';
import { isObject, membersOf, readObject } from '../json-object.ts';
import type { VerificationKey } from '../keys.ts';

/** Only this many keys of one set are used: the first that can verify a signature. */
const MAX_KEYS = 100;
/** The private members of RSA, EC, OKP (RFC 7518, section 6; RFC 8037) and AKP keys. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];

/** A key of a published set. */
export interface PublishedKey extends VerificationKey {
  readonly algorithm: string | undefined;
  /** Identifies the key with its `kid` and `alg`, to recognise it in the next set. */
  readonly spelling: string;
}

/** The usable part of a key set. */
export interface ReadKeySet {
  /** Without duplicates; at least one, at most {@link MAX_KEYS}. */
  readonly keys: readonly PublishedKey[];
  /** How many keys beyond {@link MAX_KEYS} were left out. */
  readonly leftOut: number;
}

/** A key set contains private keys: anyone who can read the set can sign with them, so that a signature proves nothing. */
export class PrivateKeysError extends Error {
  /** The `kid` of each private key; `undefined` if the key has none. */
  readonly kids: readonly (string | undefined)[];

  constructor(kids: readonly (string | undefined)[]) {
    super('its key set contains private keys');
    this.kids = kids;
  }
}

/**
 * Returns the keys of a JWK Set (RFC 7517, section 5) that can verify a signature. Throws a {@link PrivateKeysError} if
 * the set contains private keys. Throws another error if the text is not a JWK Set, or if none of its keys is usable,
 * because no issuer publishes such a set on purpose.
 */
export function readKeySet(text: string): ReadKeySet {
  const { keys: published } = readObject(text);
  if (!Array.isArray(published)) throw new Error('its answer has no "keys" array');
  const jwks = published.filter(isObject).map(membersOf);
  const exposed = jwks.filter(isPrivate);
  if (exposed.length > 0) throw new PrivateKeysError(exposed.map(({ kid }) => stringOf(kid)));
  const candidates = jwks.filter(isForSignatures);
  const keys = new Map<string, PublishedKey>();
  let read = 0;
  for (; read < candidates.length && keys.size < MAX_KEYS; read++) {
    const key = readKey(candidates[read] ?? {});
    if (key !== undefined) keys.set(key.spelling, key);
  }
  if (keys.size === 0) throw new Error('its key set has no key that can verify a signature');
  return { keys: [...keys.values()], leftOut: candidates.length - read };
}

/** A published shared secret does no harm, because it is never used to verify a token. */
function isPrivate(jwk: JsonObject): boolean {
  return jwk['kty'] !== 'oct' && PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined);
}

function isForSignatures({ kty, use, key_ops: operations }: JsonObject): boolean {
  if (kty === 'oct' || (use !== undefined && use !== 'sig')) return false;
  return !Array.isArray(operations) || operations.includes('verify');
}

/** Reads one JWK. Returns `undefined` if it is not a usable public key (RFC 7517, section 5: such keys are ignored). */
function readKey(jwk: JsonObject): PublishedKey | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!isUsable(key)) return undefined;
    const { kid, alg } = jwk;
    const spelling = JSON.stringify([kid, alg, key.export({ format: 'jwk' })]);
    return { kid: stringOf(kid), algorithm: stringOf(alg), key, spelling, inForce: { inForce: true } };
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
