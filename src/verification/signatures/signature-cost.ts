import type { KeyObject } from 'node:crypto';
import type { VerificationKey } from '../keys.ts';

/** CPU milliseconds of one verification, on a core of 2026; only their ratios matter. */
const HMAC_MS = 0.005;
const RSA_2048_MS = 0.025;
/** That holds for the usual public exponent, 65537; each bit more is a multiplication more. */
const EXPONENT_BITS = 17;
const ED25519_MS = 0.1;
const CURVES_MS: Readonly<Record<string, number>> = { prime256v1: 0.1, secp384r1: 0.7, secp521r1: 0.9 };

/** Reading the details of a key takes half a microsecond. */
const costs = new WeakMap<KeyObject, number>();

/** Returns about how long it takes to try these keys, in milliseconds. */
export function signatureCostMs(keys: readonly VerificationKey[]): number {
  return keys.reduce((sum, { key }) => sum + costOf(key), 0);
}

function costOf(key: KeyObject): number {
  const known = costs.get(key);
  if (known !== undefined) return known;
  const cost = estimate(key);
  costs.set(key, cost);
  return cost;
}

function estimate({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  if (type === 'secret') return HMAC_MS;
  const { modulusLength = 2048, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') {
    const exponentBits = Math.max(publicExponent.toString(2).length, EXPONENT_BITS);
    return RSA_2048_MS * (modulusLength / 2048) ** 2 * (exponentBits / EXPONENT_BITS);
  }
  return CURVES_MS[namedCurve] ?? ED25519_MS;
}
