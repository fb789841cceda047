import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import { HMAC_ALGORITHMS, PUBLIC_KEY_ALGORITHMS } from '../../src/config/issuer-config.ts';
import { checkText } from '../../src/core/check-text.ts';
import { verifiesJws } from '../../src/lib/jose/jws-signature.ts';
import { Issuers, type TrustedIssuer } from '../../src/verification/bearer/issuers.ts';
import { parseJwt } from '../../src/verification/jwt.ts';
import { FixedKeys } from '../../src/verification/keys.ts';
import { corporate, partner, publishing } from '../support/jwt/issuers.ts';

/** A JSON Web Key in a vector. */
export type Jwk = JsonWebKey & { readonly alg?: string };

/** Returns an issuer with this key: a shared secret, or the private key of a published public key. */
export function issuerWith(jwk: Jwk): TrustedIssuer {
  if (jwk.kty !== 'oct') return publisher([publicHalfOf(jwk)]);
  const secret = createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'));
  const keys = new FixedKeys([{ kid: undefined, key: secret, inForce: { inForce: true } }]);
  return { config: partner([secret], { algorithms: HMAC_ALGORITHMS }), keys };
}

/** Removes private members: the cookbook's keys have them, and a set with private keys is refused. */
function publicHalfOf(jwk: Jwk): Jwk {
  if (jwk.d === undefined) return jwk;
  const { kid, alg, use } = jwk as Jwk & { readonly kid?: string; readonly use?: string };
  return JSON.parse(
    JSON.stringify({ ...createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }), kid, alg, use }),
  );
}

/** Returns an issuer that publishes these keys. */
export function publisher(jwks: readonly Jwk[]): TrustedIssuer {
  return { config: corporate({ algorithms: PUBLIC_KEY_ALGORITHMS }), keys: publishing(...jwks) };
}

/**
 * Verifies a signature as we do: strict form, the issuer's algorithms, its keys, its signature. Resolves to `valid` or the
 * step that refused; rejects if jose has another verdict on the signature. Payloads of vectors are not claims, so neither the claims nor whether the payload is a JSON object is
 * checked.
 */
export async function verdictOn(jws: string, issuer: TrustedIssuer): Promise<string> {
  const parsed = parseJwt(jws);
  if (typeof parsed === 'string' && parsed !== 'payload') return parsed;
  // `payload` is the last check of the form, so the others passed.
  const { alg: algorithm = '', kid } = decodeProtectedHeader(jws);
  const token = { algorithm, kid, header: {}, payload: { iss: issuer.config.issuer[0] }, thumbprint: '' };
  const chosen = new Issuers([issuer]).choose(token);
  if ('check' in chosen) return checkText(chosen.check);
  // A set without a usable key is refused as a whole.
  const keys = (await issuer.keys.find(algorithm, kid)) ?? [];
  if (keys.length === 0) return 'key';
  for (const { key } of keys) {
    const isValid = verifiesJws(jws, algorithm, key);
    if (isValid !== (await isValidToJose(jws, key, algorithm)))
      throw new Error(`jose calls it ${String(!isValid)}: ${jws}`);
    if (isValid) return 'valid';
  }
  return 'signature';
}

async function isValidToJose(jws: string, key: KeyObject, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(jws, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
