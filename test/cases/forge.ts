import { createHmac, type KeyObject, sign } from 'node:crypto';

/** A JWS made by hand, so that what no library would sign can be signed too. */
export function forge(header: object, payload: object | string, makeSignature: (input: string) => Buffer): string {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = `${base64url(JSON.stringify(header))}.${base64url(body)}`;
  return `${input}.${makeSignature(input).toString('base64url')}`;
}

export function hmac(secret: string | Uint8Array, hash = 'sha256'): (input: string) => Buffer {
  return (input) => createHmac(hash, secret).update(input).digest();
}

export function rs256(key: KeyObject): (input: string) => Buffer {
  return (input) => sign('sha256', Buffer.from(input), key);
}

export function es256(key: KeyObject): (input: string) => Buffer {
  return (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

export function ed25519(key: KeyObject): (input: string) => Buffer {
  return (input) => sign(null, Buffer.from(input), key);
}

export const unsigned = (): Buffer => Buffer.alloc(0);

/** Order of P-256's base point (FIPS 186-4, D.1.2.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The second valid form of an ES256 signature: (r, n - s). */
export function otherForm(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const flipped = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), flipped]).toString('base64url')}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
