import type { KeyObject } from 'node:crypto';
import type { KeyInForce } from '../core/credential/verified-credential.ts';

/** A key that may have signed a token. */
export interface VerificationKey {
  /** Its id in the revocation set; `undefined` for a shared secret, and for a published key without a `kid`. */
  readonly kid: string | undefined;
  readonly key: KeyObject;
  readonly inForce: KeyInForce;
}

/** Provides an issuer's keys. */
export interface KeySource {
  /**
   * Resolves to every key that may have signed a token with this header: an empty list if the issuer is known to have
   * no such key, `undefined` if the issuer's keys are unavailable. Never rejects.
   */
  find(algorithm: string, kid: string | undefined): Promise<readonly VerificationKey[] | undefined>;
  /** Returns every key that is in force now, for a message. */
  inForce(): readonly VerificationKey[];
}

/** Returns the key type (RFC 7518, section 6) and the curve that an algorithm requires. */
function keyTypeOf(algorithm: string): { readonly type: string; readonly curve?: string } {
  if (algorithm.startsWith('HS')) return { type: 'secret' };
  if (algorithm === 'ES256') return { type: 'ec', curve: 'prime256v1' };
  if (algorithm === 'ES384') return { type: 'ec', curve: 'secp384r1' };
  return { type: algorithm.startsWith('Ed') ? 'ed25519' : 'rsa' };
}

/**
 * Whether a key has the type and size that the algorithm requires. RSA keys under 2048 bits do not fit, nor does the
 * public exponent 1, with which anyone can forge signatures.
 */
export function fits(key: KeyObject, algorithm: string): boolean {
  const required = keyTypeOf(algorithm);
  if (key.type === 'secret') return required.type === 'secret';
  if (key.asymmetricKeyType !== required.type) return false;
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (required.type === 'rsa') return modulusLength >= 2048 && publicExponent > 1n;
  return required.curve === undefined || namedCurve === required.curve;
}

/** Whether a public key fits at least one supported algorithm. */
export function isUsable(key: KeyObject): boolean {
  return ['RS256', 'ES256', 'ES384', 'EdDSA'].some((algorithm) => fits(key, algorithm));
}

/** Whether two JOSE names mean the same algorithm: RFC 9864 renames RFC 8037's `EdDSA` to `Ed25519`. */
export function isSameAlgorithm(left: string, right: string): boolean {
  const name = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);
  return name(left) === name(right);
}

/** A fixed set of keys: shared secrets. */
export class FixedKeys implements KeySource {
  private readonly keys: readonly VerificationKey[];

  constructor(keys: readonly VerificationKey[]) {
    this.keys = keys;
  }

  find(algorithm: string, kid: string | undefined): Promise<readonly VerificationKey[]> {
    const named = (key: VerificationKey): boolean => key.kid === undefined || kid === undefined || key.kid === kid;
    return Promise.resolve(this.keys.filter((key) => named(key) && fits(key.key, algorithm)));
  }

  inForce(): readonly VerificationKey[] {
    return this.keys;
  }
}
