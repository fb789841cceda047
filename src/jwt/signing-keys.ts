import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { OwnIssuer, SigningAlgorithm } from '../config/config.ts';
import type { SealedSigningKey, SigningKeyStore } from '../store/store.ts';
import type { VerificationKey } from './keys.ts';
import type { Sealer } from './sealer.ts';

const HMAC_BYTES = 64;
const RSA_BITS = 2048;
const generate = promisify(generateKeyPair);

/** A key of our own, opened. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** The private key, or the secret of an HMAC. */
  readonly signing: KeyObject;
  readonly verification: VerificationKey;
}

/**
 * The issuer's signing keys, oldest first, never none: the first one is made here, and where two instances make it at
 * once both end up with the one that the store took.
 *
 * Throws `SealBrokenError` where the keys were sealed with another secret, and an error that says what to do where
 * the store's keys are of another algorithm than the configured one.
 */
export async function openSigningKeys(
  issuer: OwnIssuer,
  store: SigningKeyStore,
  sealer: Sealer,
  nowSeconds: number,
): Promise<readonly SigningKey[]> {
  let sealed = await store.list(issuer.name);
  if (sealed.length === 0) {
    await store.addFirst(await makeKey(issuer, sealer, nowSeconds));
    sealed = await store.list(issuer.name);
  }
  const keys = sealed.map((key) => openKey(key, sealer));
  const { algorithm } = issuer.signing;
  if (keys.every((key) => key.algorithm !== algorithm)) {
    throw new Error(
      `issuer '${issuer.name}': the store's signing key is for ${keys[0]?.algorithm}, the configuration asks for ` +
        `${algorithm}; set signing.algorithm back, or start with a new store`,
    );
  }
  return keys;
}

async function makeKey(issuer: OwnIssuer, sealer: Sealer, nowSeconds: number): Promise<SealedSigningKey> {
  const { algorithm } = issuer.signing;
  const kid = randomBytes(12).toString('base64url');
  const identity = { kid, issuer: issuer.name, algorithm };
  const sealed = sealer.seal(await makeMaterial(algorithm), purposeOf(identity));
  return { ...identity, sealed, createdAtSeconds: nowSeconds };
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

function openKey(key: SealedSigningKey, sealer: Sealer): SigningKey {
  const material = sealer.open(key.sealed, purposeOf(key));
  const { kid, algorithm } = key;
  if (!isSigningAlgorithm(algorithm))
    throw new Error(`signing key ${kid} is for ${algorithm}, which is not known here`);
  const isSecret = algorithm === 'HS256';
  const signing = isSecret
    ? createSecretKey(material)
    : createPrivateKey({ key: Buffer.from(material), format: 'der', type: 'pkcs8' });
  const verifying = isSecret ? signing : createPublicKey(signing);
  return { kid, algorithm, signing, verification: { kid, key: verifying, inForce: { inForce: true } } };
}

function purposeOf(key: Pick<SealedSigningKey, 'kid' | 'issuer' | 'algorithm'>): string {
  return `signing-key:${key.issuer}:${key.kid}:${key.algorithm}`;
}

function isSigningAlgorithm(name: string): name is SigningAlgorithm {
  return name === 'HS256' || name === 'ES256' || name === 'RS256' || name === 'PS256' || name === 'EdDSA';
}
