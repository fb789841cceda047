import type { KeyObject } from 'node:crypto';

/** The curve of each algorithm of ECDSA (RFC 7518, section 3.4), by the name that OpenSSL gives it. */
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Returns the curve that an algorithm requires, by OpenSSL's name; `undefined` if it is none of ECDSA. */
export function curveOf(algorithm: string): string | undefined {
  return Object.hasOwn(CURVES, algorithm) ? CURVES[algorithm] : undefined;
}

/** Every supported algorithm: those of RFC 7518, section 3.1, without `none`, and of RFC 8037 and RFC 9864 for Ed25519. */
const ALGORITHMS: readonly string[] = 'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519'
  .split(' ')
  .concat(Object.keys(CURVES));

/** The algorithms that each key fits: reading the details of a key takes longer than the rest of a look-up. */
const fitting = new WeakMap<KeyObject, ReadonlySet<string>>();

/**
 * Whether a key has the type, the curve and the size that the algorithm requires; no key fits an algorithm that is not
 * supported. RSA keys under 2048 bits do not fit, nor does the public exponent 1, with which anyone can forge signatures.
 */
export function fits(key: KeyObject, algorithm: string): boolean {
  return algorithmsFor(key).has(algorithm);
}

/** Whether a public key fits at least one supported algorithm. */
export function isUsable(key: KeyObject): boolean {
  return algorithmsFor(key).size > 0;
}

function algorithmsFor(key: KeyObject): ReadonlySet<string> {
  const known = fitting.get(key);
  if (known !== undefined) return known;
  const algorithms = new Set(ALGORITHMS.filter((algorithm) => isFor(key, algorithm)));
  fitting.set(key, algorithms);
  return algorithms;
}

function isFor(key: KeyObject, algorithm: string): boolean {
  const type = keyTypeOf(algorithm);
  if (key.type === 'secret') return type === 'secret';
  if (key.asymmetricKeyType !== type) return false;
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (type === 'rsa') return modulusLength >= 2048 && publicExponent > 1n;
  return namedCurve === curveOf(algorithm);
}

/** Returns the key type (RFC 7518, section 6) that an algorithm requires. */
function keyTypeOf(algorithm: string): string {
  if (algorithm.startsWith('HS')) return 'secret';
  if (curveOf(algorithm) !== undefined) return 'ec';
  return algorithm.startsWith('Ed') ? 'ed25519' : 'rsa';
}

/** Whether two JOSE names mean the same algorithm: RFC 9864 renames RFC 8037's `EdDSA` to `Ed25519`. */
export function isSameAlgorithm(left: string, right: string): boolean {
  const name = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);
  return name(left) === name(right);
}
