import { createSecretKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Generated once a run, because RSA keys are slow to generate. */
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
export const ed25519 = generateKeyPairSync('ed25519');

/** Returns a secret of `bytes` bytes, each of which is `fill`. */
export function secretOf(fill: string, bytes = 64): KeyObject {
  return createSecretKey(Buffer.alloc(bytes, fill));
}

/** Returns a public key as an issuer publishes it. */
export function jwkOf({ publicKey }: KeyPair, members: Record<string, string> = {}): JsonWebKey {
  return { ...publicKey.export({ format: 'jwk' }), ...members };
}
