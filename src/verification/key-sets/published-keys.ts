import { createPublicKey } from 'node:crypto';
import type { JsonObject } from '../json-object.ts';
import { isObject, membersOf, readObject } from '../json-object.ts';
import type { VerificationKey } from '../keys.ts';
import { isUsable } from '../keys.ts';

/** How many keys of one set are used: of those that can verify a signature, the first. */
const MAX_KEYS = 100;
/** The private members of RSA, EC, OKP (RFC 7518, section 6; RFC 8037) and AKP keys. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];

/** A key of a set, with the members that say what it may be used for. */
export interface PublishedKey extends VerificationKey {
  readonly algorithm: string | undefined;
  /** The same for the same key under the same name, and for no other. */
  readonly spelling: string;
}

/** What a key set has for us. */
export interface ReadKeySet {
  /** Each once; at most {@link MAX_KEYS}, at least one. */
  readonly keys: readonly PublishedKey[];
  /** How many keys were left out because those before them were that many. */
  readonly leftOut: number;
}

/** A key set holds private keys, which everybody can read who can read the set: whatever they sign proves nothing. */
export class PrivateKeysError extends Error {
  /** The `kid`s of those keys, as far as they have one. */
  readonly kids: readonly (string | undefined)[];

  constructor(kids: readonly (string | undefined)[]) {
    super('its key set holds private keys');
    this.kids = kids;
  }
}

/**
 * The keys of a JWK Set (RFC 7517, section 5) that can verify a signature. Throws where the text is no such set, where
 * none of its keys can, because nobody publishes that on purpose, and a {@link PrivateKeysError} where it holds private
 * keys.
 */
export function readKeySet(text: string): ReadKeySet {
  const { keys: written } = readObject(text);
  if (!Array.isArray(written)) throw new Error('its answer has no "keys" array');
  const jwks = written.filter(isObject).map(membersOf);
  const exposed = jwks.filter(isPrivate);
  if (exposed.length > 0) throw new PrivateKeysError(exposed.map(({ kid }) => textOf(kid)));
  const candidates = jwks.filter(isForSignatures);
  const keys = new Map<string, PublishedKey>();
  let read = 0;
  for (; read < candidates.length && keys.size < MAX_KEYS; read++) {
    const key = readKey(candidates[read] ?? {});
    if (key !== undefined) keys.set(key.spelling, key);
  }
  if (keys.size === 0) throw new Error('its key set has no key that could verify a signature');
  return { keys: [...keys.values()], leftOut: candidates.length - read };
}

/** Shared secrets are none of those: no token is verified with one, so that it is no way in. */
function isPrivate(jwk: JsonObject): boolean {
  return jwk['kty'] !== 'oct' && PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined);
}

function isForSignatures({ kty, use, key_ops: operations }: JsonObject): boolean {
  if (kty === 'oct' || (use !== undefined && use !== 'sig')) return false;
  return !Array.isArray(operations) || operations.includes('verify');
}

/** One JWK; `undefined` where it is no public key that we can read (RFC 7517, section 5: such keys are ignored). */
function readKey(jwk: JsonObject): PublishedKey | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!isUsable(key)) return undefined;
    const { kid, alg } = jwk;
    const spelling = JSON.stringify([kid, alg, key.export({ format: 'jwk' })]);
    return { kid: textOf(kid), algorithm: textOf(alg), key, spelling, inForce: { inForce: true } };
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
