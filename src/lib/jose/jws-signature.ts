import type { KeyObject } from 'node:crypto';
import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import { toDer } from './ecdsa-signature.ts';
import { fits } from './key-fit.ts';
import { pssKey } from './pss-key.ts';

/** Verifies a signature over the signing input of a JWS with a key that fits the algorithm. Returns false for a wrong one. */
type Verification = (input: Buffer, signature: Buffer, key: KeyObject) => boolean;

/** The algorithms of RFC 7518, section 3.1, without `none`, and those of RFC 8037 and RFC 9864 for Ed25519. */
const VERIFICATIONS: ReadonlyMap<string, Verification> = new Map([
  ['HS256', hmac('sha256')],
  ['HS384', hmac('sha384')],
  ['HS512', hmac('sha512')],
  ['RS256', pkcs1('sha256')],
  ['RS384', pkcs1('sha384')],
  ['RS512', pkcs1('sha512')],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', ecdsa('sha256', 32)],
  ['ES384', ecdsa('sha384', 48)],
  ['ES512', ecdsa('sha512', 66)],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
]);

/**
 * Whether a key verifies the signature of a compact JWS (RFC 7515, section 5.2), at once: jose would cross to WebCrypto and
 * its threads for each. False also for an unknown algorithm and for a key that does not fit it.
 *
 * @param jws must have three parts of canonical base64url: its form is not checked again.
 * @param algorithm the `alg` of its header, which the caller has compared with those that it accepts.
 */
export function verifiesJws(jws: string, algorithm: string, key: KeyObject): boolean {
  const verification = VERIFICATIONS.get(algorithm);
  if (verification === undefined || !fits(key, algorithm)) return false;
  const end = jws.lastIndexOf('.');
  const signature = Buffer.from(jws.slice(end + 1), 'base64url');
  return verification(Buffer.from(jws.slice(0, end)), signature, key);
}

/** RFC 7518, section 3.2. The comparison takes equally long wherever the first difference is. */
function hmac(hash: string): Verification {
  return (input, signature, key) => {
    const expected = createHmac(hash, key).update(input).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
}

/** RFC 7518, section 3.3. */
function pkcs1(hash: string): Verification {
  return (input, signature, key) => verify(hash, input, key, signature);
}

/** RFC 7518, section 3.5: the salt is as long as the hash. */
function pss(hash: string): Verification {
  return (input, signature, key) => verify(hash, input, pssKey(key, hash), signature);
}

/** RFC 7518, section 3.4: R and S, each as long as the order of the curve, not in DER. @param size of each, in bytes. */
function ecdsa(hash: string, size: number): Verification {
  return (input, signature, key) => signature.length === 2 * size && verify(hash, input, key, toDer(signature, size));
}

/** RFC 8037, section 3.1. */
function ed25519(input: Buffer, signature: Buffer, key: KeyObject): boolean {
  return verify(null, input, key, signature);
}
