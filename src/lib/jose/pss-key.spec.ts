import { constants, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rsa } from '../../../test/support/jwt/keys.ts';
import { pssKey } from './pss-key.ts';

const INPUT = Buffer.from('input');

function signatureOf(key: KeyObject, hash: string, saltLength: number): Buffer {
  return sign(hash, INPUT, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

describe('pssKey()', () => {
  it.each([
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ])('accepts a signature with %s and a salt of exactly as many bytes', (hash, bytes) => {
    const key = pssKey(rsa.publicKey, hash);
    expect(key.asymmetricKeyDetails).toMatchObject({ hashAlgorithm: hash, mgf1HashAlgorithm: hash, saltLength: bytes });
    const accepts = (saltLength: number) => verify(hash, INPUT, key, signatureOf(rsa.privateKey, hash, saltLength));
    expect([0, bytes - 1, bytes, bytes + 1, 100].filter(accepts)).toEqual([bytes]);
    expect(verify(hash, Buffer.from('other'), key, signatureOf(rsa.privateKey, hash, bytes))).toBe(false);
    expect(verify(hash, INPUT, key, sign(hash, INPUT, rsa.privateKey))).toBe(false);
  });

  it('is the same object for a key and a hash', () => {
    expect(pssKey(rsa.publicKey, 'sha256')).toBe(pssKey(rsa.publicKey, 'sha256'));
    expect(pssKey(rsa.publicKey, 'sha256')).not.toBe(pssKey(rsa.publicKey, 'sha384'));
  });

  it.each([2_048, 2_056, 3_072, 4_096])('takes a key with %i bits', (modulusLength) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent: 3 });
    expect(verify('sha256', INPUT, pssKey(publicKey, 'sha256'), signatureOf(privateKey, 'sha256', 32))).toBe(true);
  });
});
