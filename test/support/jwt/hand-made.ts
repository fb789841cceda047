import { createHmac, type KeyObject } from 'node:crypto';
import { part, signature } from './forge.ts';

type MakeSignature = (input: string) => Buffer;

/** A JWS made by hand whose signature need not be what its header says, so that what no library would sign can be signed. */
export function forge(header: object, payload: object | string, makeSignature: MakeSignature): string {
  const input = `${part({ ...header })}.${part(typeof payload === 'string' ? payload : { ...payload })}`;
  return `${input}.${makeSignature(input).toString('base64url')}`;
}

/** HMAC with SHA-256, of bytes that need be no key. */
export function hmac(secret: string | Uint8Array): MakeSignature {
  return (input) => createHmac('sha256', secret).update(input).digest();
}

/** The signature of a JOSE algorithm. */
export function signedBy(algorithm: string, key: KeyObject): MakeSignature {
  return (input) => signature(algorithm, input, key);
}

export const unsigned: MakeSignature = () => Buffer.alloc(0);
