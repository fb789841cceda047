import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { forgeWith, type Json, signedBy } from '../jwt/forge.ts';

/** What a proof is for. */
export interface Target {
  readonly method: string;
  readonly uri: string;
  readonly token: string;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Returns the `jkt` of a key. */
export function thumbprintOf({ publicKey }: KeyPair): Promise<string> {
  return calculateJwkThumbprint(publicKey.export({ format: 'jwk' }), 'sha256');
}

export interface ProofChange {
  readonly header?: Json;
  readonly claims?: Json;
}

/** Returns a DPoP proof of now (RFC 9449, section 4.2), with these members in place of others. */
export function proofFor(
  { method, uri, token }: Target,
  key: KeyPair,
  { header = {}, claims = {} }: ProofChange = {},
  algorithm = 'ES256',
): string {
  const jwk = key.publicKey.export({ format: 'jwk' });
  const ath = createHash('sha256').update(token).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  return forgeWith(
    { typ: 'dpop+jwt', alg: algorithm, jwk, ...header },
    { jti: randomUUID(), htm: method, htu: uri, iat, ath, ...claims },
    signedBy(algorithm, key.privateKey),
  );
}
