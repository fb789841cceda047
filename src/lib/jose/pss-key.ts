import { createPublicKey, type KeyObject } from 'node:crypto';

/** `rsaEncryption` without parameters, which follows the header of the whole key: RFC 3279, section 2.3.1. */
const RSA_BYTES = 15;
const HEADER_BYTES = 4;
/** The last byte of the identifiers of SHA-256, SHA-384 and SHA-512, and how many bytes each hash has. */
const HASHES: Readonly<Record<string, readonly [last: number, bytes: number]>> = {
  sha256: [1, 32],
  sha384: [2, 48],
  sha512: [3, 64],
};

const keys = new WeakMap<KeyObject, Map<string, KeyObject>>();

/**
 * Returns an RSA key for PSS with this hash, also for MGF1, and a salt as long as the hash (RFC 7518, section 3.5), as RFC 4055,
 * section 3.1, describes one. `node:crypto` takes 16 µs more for each signature if these come as options.
 *
 * @param key public, with 2048 bits at least.
 */
export function pssKey(key: KeyObject, hash: string): KeyObject {
  const made = keys.get(key) ?? new Map<string, KeyObject>();
  keys.set(key, made);
  const known = made.get(hash);
  if (known !== undefined) return known;
  const own = createPublicKey({ key: describe(key, hash), format: 'der', type: 'spki' });
  made.set(hash, own);
  return own;
}

function describe(key: KeyObject, hash: string): Buffer {
  const [last = 0, bytes = 0] = HASHES[hash] ?? [];
  const sha = `300d06096086480165030402${hex(last)}0500`;
  const parameters = `3034a00f${sha}a11c301a06092a864886f70d010108${sha}a2030201${hex(bytes)}`;
  const algorithm = Buffer.from(`304106092a864886f70d01010a${parameters}`, 'hex');
  const bits = key.export({ format: 'der', type: 'spki' }).subarray(HEADER_BYTES + RSA_BYTES);
  const header = Buffer.from([0x30, 0x82, 0, 0]);
  header.writeUInt16BE(algorithm.length + bits.length, 2);
  return Buffer.concat([header, algorithm, bits]);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
