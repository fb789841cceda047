import type { KeyObject } from 'node:crypto';
import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import type { JwtIssuer } from '../../config/issuer-config.ts';
import { curveOf } from '../../lib/jose/key-fit.ts';
import type { TrustedIssuer } from '../../verification/bearer/issuers.ts';
import { FixedKeys } from '../../verification/keys.ts';

/** No configured issuer can have this name, which no entry of the revocation set concerns. */
const NAME = 'warm up';
const ISSUER = 'urn:sallyport:warm-up';
const LIFE_SECONDS = 60;
const RSA_BYTES = 256;

/** An issuer that exists for the warm-up alone, and a token for each of its algorithms. */
export interface ThrowAwayIssuer {
  readonly issuer: TrustedIssuer;
  readonly tokens: readonly string[];
}

/** A key that verifies, and one that signs where a pair costs next to nothing. */
interface KeyPair {
  readonly verifying: KeyObject;
  readonly signing?: KeyObject;
}

/**
 * Creates an issuer with fresh keys, which are in no store. Its tokens are valid, except those of RSA: a pair of RSA keys
 * takes a tenth of a second to make, so the signature is random, and only its verification is warmed up.
 *
 * @param algorithms JOSE names.
 */
export async function createThrowAwayIssuer(algorithms: readonly string[], wallMs: number): Promise<ThrowAwayIssuer> {
  const pairs = algorithms.map((algorithm) => ({ algorithm, pair: keyPairFor(algorithm) }));
  const keys = pairs.map(({ algorithm, pair }) => ({
    kid: algorithm,
    key: pair.verifying,
    inForce: { inForce: true },
  }));
  const config: JwtIssuer = {
    kind: 'secrets',
    name: NAME,
    issuer: [ISSUER],
    audience: undefined,
    algorithms,
    secrets: [],
    claimedByOthers: new Set(),
    require: [],
    bound: undefined,
    requireSubject: undefined,
    requireExpiry: true,
    scopeClaim: undefined,
    allowScopes: new Set(),
    grant: undefined,
  };
  const tokens = await Promise.all(pairs.map(({ algorithm, pair }) => tokenOf(algorithm, pair, wallMs)));
  return { issuer: { config, keys: new FixedKeys(keys) }, tokens };
}

function keyPairFor(algorithm: string): KeyPair {
  if (algorithm.startsWith('HS')) {
    const secret = createSecretKey(randomBytes(64));
    return { verifying: secret, signing: secret };
  }
  const namedCurve = curveOf(algorithm);
  if (namedCurve !== undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
    return { verifying: publicKey, signing: privateKey };
  }
  if (algorithm.startsWith('Ed')) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    return { verifying: publicKey, signing: privateKey };
  }
  return { verifying: randomRsaKey() };
}

/** A public key of a usual size for which no private key is known. */
function randomRsaKey(): KeyObject {
  const modulus = randomBytes(RSA_BYTES);
  modulus[0] = 0xff;
  modulus[RSA_BYTES - 1] = 0xff;
  return createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }, format: 'jwk' });
}

async function tokenOf(algorithm: string, { signing }: KeyPair, wallMs: number): Promise<string> {
  const seconds = Math.floor(wallMs / 1000);
  const header = { alg: algorithm, typ: 'at+jwt', kid: algorithm };
  const id = randomBytes(12).toString('base64url');
  if (signing !== undefined) {
    return new SignJWT({ scopes: [] })
      .setProtectedHeader(header)
      .setIssuer(ISSUER)
      .setSubject(id)
      .setJti(id)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + LIFE_SECONDS)
      .sign(signing);
  }
  const payload = { scopes: [], iss: ISSUER, sub: id, jti: id, iat: seconds, exp: seconds + LIFE_SECONDS };
  // Below the modulus, whose first byte is 0xff.
  const signature = Buffer.concat([Buffer.alloc(1), randomBytes(RSA_BYTES - 1)]);
  return [JSON.stringify(header), JSON.stringify(payload), signature]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}
