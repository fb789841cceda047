import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { JsonObject } from '../json-object.ts';
import { membersOf } from '../json-object.ts';
import { fits, isSameAlgorithm, isUsable } from './key-fit.ts';

/** A public key that can verify signatures, as a JSON Web Key describes it (RFC 7517, section 4). */
export interface SignatureKey {
  readonly kid: string | undefined;
  /** The only algorithm that the key is for; `undefined` if the JWK names none. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

/** Why a JWK is no public key for signatures: it is private or symmetric, or it is for another use. */
export type JwkFlaw = 'private' | 'symmetric' | 'use';

/** The private members of RSA, EC, OKP (RFC 7518, section 6; RFC 8037) and AKP keys. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];

/** `use` of keys that verify signatures: RFC 7517, section 4.2, and SPIFFE's JWT-SVID, section 4. The case counts. */
const SIGNATURE_USES: ReadonlySet<unknown> = new Set([undefined, 'sig', 'jwt-svid']);

/** Returns why a JWK cannot be a public key for signatures; `undefined` if it may be one. Reads no key yet. */
export function jwkFlaw(written: JsonObject): JwkFlaw | undefined {
  const jwk = membersOf(written);
  if (jwk['kty'] === 'oct') return 'symmetric';
  if (PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined)) return 'private';
  return isForSignatures(jwk) ? undefined : 'use';
}

/**
 * Reads the public key of a JWK without a {@link jwkFlaw}; members without a value are absent. Returns `undefined` if no
 * supported algorithm can use it (RFC 7517, section 5: such keys are ignored).
 */
export function readJwk(written: JsonObject): SignatureKey | undefined {
  const jwk = membersOf(written);
  const { kid, alg: algorithm } = jwk;
  // Without its algorithm, it would be for every other one too.
  if (!isOptionalString(algorithm)) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return isUsable(key) ? { kid: isOptionalString(kid) ? kid : undefined, algorithm, key } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a key may verify a signature of this algorithm: it is for this algorithm, and has the type and size for it. */
export function mayVerify({ algorithm: only, key }: SignatureKey, algorithm: string): boolean {
  return (only === undefined || isSameAlgorithm(only, algorithm)) && fits(key, algorithm);
}

function isForSignatures({ use, key_ops: operations }: JsonObject): boolean {
  if (!SIGNATURE_USES.has(use)) return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
