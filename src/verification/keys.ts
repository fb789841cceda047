import type { KeyObject } from 'node:crypto';
import type { KeyInForce } from '../core/verified-credential.ts';

/** A key that may have signed a token. */
export interface VerificationKey {
  /** The name by which the revocation set knows it; `undefined` for a shared secret. */
  readonly kid: string | undefined;
  readonly key: KeyObject;
  readonly inForce: KeyInForce;
}

/** Where an issuer's keys come from. */
export interface KeySource {
  /**
   * Every key that may have signed a token with this header, none where the issuer is known to have no such key.
   * `undefined` where the issuer's keys cannot be had now. Never rejects.
   */
  find(algorithm: string, kid: string | undefined): Promise<readonly VerificationKey[] | undefined>;
}

/** The kind of key (RFC 7518, section 6) and curve that an algorithm takes. */
function keyTypeOf(algorithm: string): { readonly type: string; readonly curve?: string } {
  if (algorithm.startsWith('HS')) return { type: 'secret' };
  if (algorithm === 'ES256') return { type: 'ec', curve: 'prime256v1' };
  if (algorithm === 'ES384') return { type: 'ec', curve: 'secp384r1' };
  return { type: algorithm.startsWith('Ed') ? 'ed25519' : 'rsa' };
}

/**
 * Whether a key is of the kind and size that the algorithm takes. RSA keys under 2048 bits are refused, and so is the
 * public exponent 1, under which everybody can sign.
 */
export function fits(key: KeyObject, algorithm: string): boolean {
  const wanted = keyTypeOf(algorithm);
  if (key.type === 'secret') return wanted.type === 'secret';
  if (key.asymmetricKeyType !== wanted.type) return false;
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (wanted.type === 'rsa') return modulusLength >= 2048 && publicExponent > 1n;
  return wanted.curve === undefined || namedCurve === wanted.curve;
}

/** Whether a public key is of a kind and size that some algorithm takes. */
export function isUsable(key: KeyObject): boolean {
  return ['RS256', 'ES256', 'ES384', 'EdDSA'].some((algorithm) => fits(key, algorithm));
}

/** Whether two JOSE names mean one algorithm: RFC 9864 calls `Ed25519` what RFC 8037 called `EdDSA`. */
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
}
