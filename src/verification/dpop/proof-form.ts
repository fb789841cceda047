import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import type { CheckOf } from '../../core/check.ts';
import type { SignatureKey } from '../../lib/jose/jwk.ts';
import { jwkFlaw, mayVerify, readJwk } from '../../lib/jose/jwk.ts';
import type { JsonObject } from '../../lib/json-object.ts';
import { isObject } from '../../lib/json-object.ts';
import { mediaType } from '../bearer-kind.ts';
import { parseJwt } from '../jwt.ts';

/** A proof whose form is right. Nothing in it is verified. */
export interface ParsedProof {
  readonly algorithm: string;
  readonly key: SignatureKey['key'];
  /** RFC 7638, by SHA-256, in base64url. */
  readonly thumbprint: string;
  readonly claims: JsonObject;
}

/** The longest proof, in characters: one with an RSA key of 4096 bits has less than half of it. */
const MAX_LENGTH = 4096;
/** Larger RSA keys, and larger exponents, take long to verify, and the client chooses the key. */
const MAX_RSA_BITS = 4096;
const MAX_RSA_EXPONENT = 2n ** 32n;

/**
 * Parses a proof (RFC 9449, sections 4.2 and 4.3, checks 2 to 7 without the signature).
 *
 * @param algorithms those that proofs may have; never symmetric ones.
 */
export async function parseProof(
  text: string,
  algorithms: ReadonlySet<string>,
): Promise<ParsedProof | CheckOf<'proof'>> {
  const proof = parseJwt(text, MAX_LENGTH);
  if (typeof proof === 'string') return 'proof form';
  const { algorithm, header, payload: claims } = proof;
  if (mediaType(header['typ']) !== 'dpop+jwt') return 'proof typ';
  if (!algorithms.has(algorithm)) return 'proof algorithm';
  const { jwk } = header;
  if (!isObject(jwk) || jwkFlaw(jwk) !== undefined) return 'proof key';
  const key = readJwk(jwk);
  if (key === undefined || !mayVerify(key, algorithm) || isTooLarge(key.key)) return 'proof key';
  // Of the key itself, since the spelling of the JWK may differ from it.
  const thumbprint = await calculateJwkThumbprint(key.key.export({ format: 'jwk' }), 'sha256');
  return { algorithm, key: key.key, thumbprint, claims };
}

function isTooLarge({ asymmetricKeyDetails }: SignatureKey['key']): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  return modulusLength > MAX_RSA_BITS || publicExponent > MAX_RSA_EXPONENT;
}
