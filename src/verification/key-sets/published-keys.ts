import type { SignatureKey } from '../../lib/jose/jwk.ts';
import { jwkFlaw, mayVerify, readJwk } from '../../lib/jose/jwk.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { isObject, membersOf } from '../../lib/json-object.ts';
import { readObject } from '../json-object.ts';
import type { VerificationKey } from '../keys.ts';

/** Only this many keys of one set are used: the first that can verify a signature. */
const MAX_KEYS = 100;

/** A key of a published set. */
export interface PublishedKey extends VerificationKey, SignatureKey {
  /** Identifies the key with its `kid`, `alg` and `issuer`, to recognise it in the next set. */
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
  const jwks = published.filter(isObject).map((jwk) => ({ jwk: membersOf(jwk), flaw: jwkFlaw(jwk) }));
  const exposed = jwks.filter(({ flaw }) => flaw === 'private');
  if (exposed.length > 0) throw new PrivateKeysError(exposed.map(({ jwk: { kid } }) => stringOf(kid)));
  // A published shared secret does no harm, because it is never used to verify a token.
  const candidates = jwks.filter(({ flaw }) => flaw === undefined);
  const keys = new Map<string, PublishedKey>();
  let read = 0;
  for (; read < candidates.length && keys.size < MAX_KEYS; read++) {
    const key = readKey(candidates[read]?.jwk ?? {});
    if (key !== undefined) keys.set(key.spelling, key);
  }
  if (keys.size === 0) throw new Error('its key set has no key that can verify a signature');
  return { keys: [...keys.values()], leftOut: candidates.length - read };
}

/** Returns the keys that may have signed a token with this header. A token without a `kid` may be of any of them. */
export function keysFor(
  keys: readonly PublishedKey[],
  algorithm: string,
  kid: string | undefined,
): readonly PublishedKey[] {
  return keys.filter((key) => (kid === undefined || key.kid === kid) && mayVerify(key, algorithm));
}

function readKey(jwk: JsonObject): PublishedKey | undefined {
  const read = readJwk(jwk);
  if (read === undefined) return undefined;
  const { kid, alg, issuer } = jwk;
  const spelling = JSON.stringify([kid, alg, issuer, read.key.export({ format: 'jwk' })]);
  return { ...read, issuer: issuerOf(issuer), spelling, inForce: { inForce: true } };
}

/** Of another type, it is the `iss` of no token. */
function issuerOf(value: unknown): string | undefined {
  return value === undefined ? undefined : (stringOf(value) ?? '');
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
