import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import { checkText } from '../../src/core/check-text.ts';
import { Issuers, type TrustedIssuer } from '../../src/verification/bearer/issuers.ts';
import { parseJwt } from '../../src/verification/jwt.ts';
import { FixedKeys } from '../../src/verification/keys.ts';
import { corporate, partner, publishing } from '../support/jwt/issuers.ts';

/** The algorithms that a configuration may list, by the kind of issuer (contract section 3). */
const PUBLIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
const SHARED = ['HS256', 'HS384', 'HS512'];

/** A JSON Web Key as a vector holds it. */
export type Jwk = JsonWebKey & { readonly alg?: string };

/** An issuer with this key: a partner where it is a shared secret, else one whose key set holds its public half. */
export function issuerWith(jwk: Jwk): TrustedIssuer {
  if (jwk.kty !== 'oct') return publisher([publicHalfOf(jwk)]);
  const secret = createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'));
  const keys = new FixedKeys([{ kid: undefined, key: secret, inForce: { inForce: true } }]);
  return { config: partner([secret], { algorithms: SHARED }), keys };
}

/** A set with private keys is refused, and the cookbook's keys are whole. */
function publicHalfOf(jwk: Jwk): Jwk {
  if (jwk.d === undefined) return jwk;
  const { kid, alg, use } = jwk as Jwk & { readonly kid?: string; readonly use?: string };
  return JSON.parse(
    JSON.stringify({ ...createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }), kid, alg, use }),
  );
}

/** An issuer that publishes these keys. */
export function publisher(jwks: readonly Jwk[]): TrustedIssuer {
  return { config: corporate({ algorithms: PUBLIC }), keys: publishing(...jwks) };
}

/**
 * What our path says of a signature: strict form, the issuer's algorithms, its keys, jose. `valid`, or the step that
 * refused. The vectors' payloads are no claims, so whether the payload is a JSON object is the one thing of the form
 * that is not asked; nor are the claims, which come after the signature.
 */
export async function verdictOn(jws: string, issuer: TrustedIssuer): Promise<string> {
  const parsed = parseJwt(jws);
  if (typeof parsed === 'string' && parsed !== 'payload') return parsed;
  // `payload` is the last of the form's checks: the others were met.
  const { alg: algorithm = '', kid } = decodeProtectedHeader(jws);
  const token = { algorithm, kid, header: {}, payload: { iss: issuer.config.issuer }, thumbprint: '' };
  const chosen = new Issuers([issuer]).choose(token);
  if ('check' in chosen) return checkText(chosen.check);
  // A set without any key that is fit for use is none.
  const keys = (await issuer.keys.find(algorithm, kid)) ?? [];
  if (keys.length === 0) return 'key';
  for (const { key } of keys) if (await verifies(jws, key, algorithm)) return 'valid';
  return 'signature';
}

async function verifies(jws: string, key: KeyObject, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(jws, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
