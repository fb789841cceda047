import type { KeyObject } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import { describe, expect, it } from 'vitest';
import { forge, forgeWith, otherForm, part, signedBy } from '../../../test/support/jwt/forge.ts';
import type { KeyPair } from '../../../test/support/jwt/keys.ts';
import { ed25519, otherRsa, p256, p384, p521, rsa, secretOf, smallRsa } from '../../../test/support/jwt/keys.ts';
import { verifiesJws } from './jws-signature.ts';

const secret = secretOf('s');
const shared: KeyPair = { publicKey: secret, privateKey: secret };

const PAIRS: Readonly<Record<string, KeyPair>> = {
  HS256: shared,
  HS384: shared,
  HS512: shared,
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: p256,
  ES384: p384,
  ES512: p521,
  EdDSA: ed25519,
  Ed25519: ed25519,
};

const PAYLOAD = { sub: 'someone', scope: 'messages:send' };

async function isValidToJose(jws: string, algorithm: string, key: KeyObject): Promise<boolean> {
  try {
    await compactVerify(jws, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** Replaces the signature of a JWS. */
function withSignature(jws: string, signature: Uint8Array): string {
  return `${jws.slice(0, jws.lastIndexOf('.'))}.${part(signature)}`;
}

function signatureOf(jws: string): Buffer {
  return Buffer.from(jws.slice(jws.lastIndexOf('.') + 1), 'base64url');
}

/** Signatures that are nearly the right one, or none at all. Each differs from it. */
function mutated(jws: string): readonly string[] {
  const right = signatureOf(jws);
  const half = right.length / 2;
  const flips = [0, 1, 7, right.length * 4, right.length * 8 - 1].map((bit) => flipped(right, bit));
  const others = [
    Buffer.alloc(0),
    Buffer.alloc(1),
    Buffer.alloc(right.length),
    Buffer.alloc(right.length, 0xff),
    right.subarray(0, -1),
    right.subarray(1),
    right.subarray(0, half),
    right.subarray(0, 16),
    Buffer.concat([right, Buffer.alloc(1)]),
    Buffer.concat([Buffer.alloc(1), right]),
    Buffer.concat([right, right]),
    Buffer.concat([Buffer.alloc(half), right.subarray(half)]),
    Buffer.concat([right.subarray(0, half), Buffer.alloc(half)]),
    Buffer.concat([right.subarray(half), right.subarray(0, half)]),
    Buffer.from(right).reverse(),
  ];
  return [...flips, ...others].map((signature) => withSignature(jws, signature));
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('verifiesJws()', () => {
  it.each(Object.entries(PAIRS))('%s: agrees with jose on good and on mutated signatures', async (algorithm, pair) => {
    const good = forge({ alg: algorithm }, PAYLOAD, pair.privateKey);
    expect(verifiesJws(good, algorithm, pair.publicKey)).toBe(true);
    expect(await isValidToJose(good, algorithm, pair.publicKey)).toBe(true);
    for (const jws of mutated(good)) {
      expect([jws, verifiesJws(jws, algorithm, pair.publicKey)]).toEqual([jws, false]);
      expect([jws, await isValidToJose(jws, algorithm, pair.publicKey)]).toEqual([jws, false]);
    }
  });

  it.each(Object.entries(PAIRS))('%s: refuses another payload and another header', (algorithm, pair) => {
    const [header, payload, signature] = forge({ alg: algorithm }, PAYLOAD, pair.privateKey).split('.');
    const verifies = (jws: string): boolean => verifiesJws(jws, algorithm, pair.publicKey);
    expect(verifies(`${header}.${part({ ...PAYLOAD, sub: 'root' })}.${signature}`)).toBe(false);
    expect(verifies(`${part({ alg: algorithm, kid: 'x' })}.${payload}.${signature}`)).toBe(false);
    expect(verifies(`${header}.${payload}x.${signature}`)).toBe(false);
    expect(verifies(`${header}${payload}..${signature}`)).toBe(false);
  });

  it('verifies a signature under no other algorithm than its own', async () => {
    for (const [signed, { privateKey }] of Object.entries(PAIRS)) {
      for (const [algorithm, { publicKey }] of Object.entries(PAIRS)) {
        // The header says what is verified, and the signature is of another algorithm.
        const jws = forgeWith({ alg: algorithm }, PAYLOAD, signedBy(signed, privateKey));
        const isSame = signed === algorithm || (signed.startsWith('Ed') && algorithm.startsWith('Ed'));
        expect([signed, algorithm, verifiesJws(jws, algorithm, publicKey)]).toEqual([signed, algorithm, isSame]);
        expect(await isValidToJose(jws, algorithm, publicKey)).toBe(isSame);
      }
    }
  });

  it('accepts both valid forms of an ES256 signature, as jose does', async () => {
    const other = otherForm(forge({ alg: 'ES256' }, PAYLOAD, p256.privateKey));
    expect(verifiesJws(other, 'ES256', p256.publicKey)).toBe(true);
    expect(await isValidToJose(other, 'ES256', p256.publicKey)).toBe(true);
  });

  it.each(['none', 'None', 'HS1', 'ES256K', 'RSA-OAEP', '__proto__', 'constructor', ''])(
    'verifies nothing under the algorithm %j',
    (algorithm) => {
      for (const { publicKey, privateKey } of Object.values(PAIRS)) {
        expect(verifiesJws(forge({ alg: 'HS256' }, PAYLOAD, secret), algorithm, publicKey)).toBe(false);
        expect(verifiesJws(`${part({ alg: algorithm })}.${part(PAYLOAD)}.`, algorithm, privateKey)).toBe(false);
      }
    },
  );

  it('verifies nothing with a key of another type, or with one that is too small', () => {
    for (const [algorithm, { privateKey }] of Object.entries(PAIRS)) {
      const jws = forge({ alg: algorithm }, PAYLOAD, privateKey);
      const others = Object.values(PAIRS).filter(
        ({ publicKey }) => !publicKey.equals(PAIRS[algorithm]?.publicKey ?? secret),
      );
      for (const { publicKey } of [...others, otherRsa]) {
        expect([algorithm, verifiesJws(jws, algorithm, publicKey)]).toEqual([algorithm, false]);
      }
    }
    expect(verifiesJws(forge({ alg: 'RS256' }, PAYLOAD, smallRsa.privateKey), 'RS256', smallRsa.publicKey)).toBe(false);
  });
});
