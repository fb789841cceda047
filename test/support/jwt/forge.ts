import { constants, createHmac, type KeyObject, sign as signBytes } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** One part of a compact JWS: objects as JSON, text and bytes as they are. */
export function part(value: Json | string | Uint8Array): string {
  const bytes = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
  return Buffer.from(bytes).toString('base64url');
}

/** A compact JWS made by hand, so that anything can be wrong with it. The header's `alg` says how it is signed. */
export function forge(header: Json & { readonly alg: string }, payload: Json | string | Uint8Array, key: KeyObject) {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(header.alg, input, key).toString('base64url')}`;
}

/** The signature of `input` under an algorithm of RFC 7518, RFC 8037 or RFC 9864. */
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

/** Order of the curve P-256 (SEC 2, section 2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The second valid form of an ES256 signature, `(r, n - s)`, which anybody can make of the first. */
export function otherForm(token: string): string {
  const end = token.lastIndexOf('.') + 1;
  const bytes = Buffer.from(token.slice(end), 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return token.slice(0, end) + Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url');
}
