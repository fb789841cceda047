import type { KeyObject } from 'node:crypto';

/** The curve of each algorithm of ECDSA (RFC 7518, section 3.4), by the name that OpenSSL gives it. */
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Returns the curve that an algorithm requires, by OpenSSL's name; `undefined` if it is none of ECDSA. */
export function curveOf(algorithm: string): string | undefined {
  return Object.hasOwn(CURVES, algorithm) ? CURVES[algorithm] : undefined;
}

/** Returns the key type (RFC 7518, section 6) that an algorithm requires. */
function keyTypeOf(algorithm: string): string {
  if (algorithm.startsWith('HS')) return 'secret';
  if (curveOf(algorithm) !== undefined) return 'ec';
  return algorithm.startsWith('Ed') ? 'ed25519' : 'rsa';
}

/**
 * Whether a key has the type, the curve and the size that the algorithm requires. RSA keys under 2048 bits do not fit, nor
 * does the public exponent 1, with which anyone can forge signatures.
 */
export function fits(key: KeyObject, algorithm: string): boolean {
  const type = keyTypeOf(algorithm);
  if (key.type === 'secret') return type === 'secret';
  if (key.asymmetricKeyType !== type) return false;
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (type === 'rsa') return modulusLength >= 2048 && publicExponent > 1n;
  return namedCurve === curveOf(algorithm);
}

/** Whether a public key fits at least one supported algorithm. */
export function isUsable(key: KeyObject): boolean {
  return ['RS256', ...Object.keys(CURVES), 'EdDSA'].some((algorithm) => fits(key, algorithm));
}

/** Whether two JOSE names mean the same algorithm: RFC 9864 renames RFC 8037's `EdDSA` to `Ed25519`. */
export function isSameAlgorithm(left: string, right: string): boolean {
  const name = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);
  return name(left) === name(right);
}
