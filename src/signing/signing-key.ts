import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '../config/issuer-config.ts';
import { SIGNING_ALGORITHMS } from '../config/issuer-config.ts';
import { randomId } from '../lib/random-id.ts';
import type { VerificationKey } from '../verification/keys.ts';
import type { Sealer } from './sealer.ts';
import type { SealedSigningKey } from './signing-key-store.ts';

const HMAC_BYTES = 64;
const RSA_BITS = 2048;
const generate = promisify(generateKeyPair);

/** One of our own keys, opened. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** The private key, or the secret for HMAC. */
  readonly signing: KeyObject;
  readonly verification: VerificationKey;
}

/** The parameters of a new key. */
export interface NewKey
  extends Pick<SealedSigningKey, 'createdAtSeconds' | 'signsFromSeconds' | 'longestTokenSeconds'> {
  /** The configured issuer's name. */
  readonly issuer: string;
  readonly algorithm: SigningAlgorithm;
}

/** Makes a key and seals it. */
export async function makeSigningKey(parameters: NewKey, sealer: Sealer): Promise<SealedSigningKey> {
  const kid = randomId(16);
  const key = { ...parameters, kid };
  return { ...key, sealed: sealer.seal(await makeMaterial(parameters.algorithm), purposeOf(key)) };
}

/** Seals a key with another secret. Throws `SealBrokenError` if `from` does not open it. */
export function resealSigningKey(key: SealedSigningKey, from: Sealer, to: Sealer): SealedSigningKey {
  return { ...key, sealed: to.seal(from.open(key.sealed, purposeOf(key)), purposeOf(key)) };
}

/** Opens a key. Throws `SealBrokenError` if another secret sealed it, and an `Error` if its algorithm is unknown. */
export function openSigningKey(key: SealedSigningKey, sealer: Sealer): SigningKey {
  const material = sealer.open(key.sealed, purposeOf(key));
  const { kid, algorithm } = key;
  if (!isSigningAlgorithm(algorithm)) {
    throw new Error(`signing key ${kid} is for ${algorithm}, which this version does not support`);
  }
  const isSecret = algorithm === 'HS256';
  const signing = isSecret
    ? createSecretKey(material)
    : createPrivateKey({ key: Buffer.from(material), format: 'der', type: 'pkcs8' });
  const verifying = isSecret ? signing : createPublicKey(signing);
  return { kid, algorithm, signing, verification: { kid, key: verifying, inForce: { inForce: true } } };
}

async function makeMaterial(algorithm: SigningAlgorithm): Promise<Uint8Array> {
  if (algorithm === 'HS256') return randomBytes(HMAC_BYTES);
  const { privateKey } = await makePair(algorithm);
  return privateKey.export({ type: 'pkcs8', format: 'der' });
}

function makePair(algorithm: Exclude<SigningAlgorithm, 'HS256'>): Promise<{ readonly privateKey: KeyObject }> {
  switch (algorithm) {
    case 'EdDSA':
      return generate('ed25519');
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'RS256':
    case 'PS256':
      return generate('rsa', { modulusLength: RSA_BITS });
  }
}

function purposeOf(key: Pick<SealedSigningKey, 'kid' | 'issuer' | 'algorithm'>): string {
  return `signing-key:${key.issuer}:${key.kid}:${key.algorithm}`;
}

function isSigningAlgorithm(name: string): name is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((algorithm) => algorithm === name);
}
