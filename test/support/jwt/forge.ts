import { constants, createHmac, type KeyObject, sign as signBytes } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** Computes the signature of a JWS signing input (RFC 7515, section 5.1). */
export type MakeSignature = (input: string) => Buffer;

/** Returns one part of a compact JWS. Objects are encoded as JSON; strings and bytes are not changed. */
export function part(value: object | string | Uint8Array): string {
  const bytes = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
  return Buffer.from(bytes).toString('base64url');
}

/** Returns a compact JWS that no library would create. The `alg` of the header says how it is signed. */
export function forge(header: Json & { readonly alg: string }, payload: object | string | Uint8Array, key: KeyObject) {
  return forgeWith(header, payload, signedBy(header.alg, key));
}

/** Returns a compact JWS whose signature need not match the `alg` of its header. */
export function forgeWith(header: object, payload: object | string | Uint8Array, makeSignature: MakeSignature): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${makeSignature(input).toString('base64url')}`;
}

/** Signs under an algorithm of RFC 7518, RFC 8037 or RFC 9864. */
export function signedBy(algorithm: string, key: KeyObject): MakeSignature {
  return (input) => signature(algorithm, input, key);
}

/** Signs by HMAC with SHA-256; the secret may have any length. */
export function hmac(secret: string | Uint8Array): MakeSignature {
  return (input) => createHmac('sha256', secret).update(input).digest();
}

/** Leaves the signature empty. */
export const unsigned: MakeSignature = () => Buffer.alloc(0);

/** Returns the signature of `input` under an algorithm of RFC 7518, RFC 8037 or RFC 9864. */
export function signature(algorithm: string, input: string, key: KeyObject): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const bytes = Buffer.from(input);
  switch (algorithm.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(bytes).digest();
    case 'RS':
      return signBytes(hash, bytes, key);
    case 'PS':
      return signBytes(hash, bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return signBytes(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return signBytes(null, bytes, key);
  }
}

/** The order of the curve P-256 (SEC 2, section 2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Replaces an ES256 signature by its second valid form, `(r, n - s)`, which anyone can compute without the key. */
export function otherForm(token: string): string {
  const end = token.lastIndexOf('.') + 1;
  const bytes = Buffer.from(token.slice(end), 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return token.slice(0, end) + Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url');
}
