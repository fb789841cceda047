import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ed25519, jwkOf, p256, p384, p521, rsa, secretOf, smallRsa } from '../../../test/support/jwt/keys.ts';
import { fits, isSameAlgorithm, isUsable } from './key-fit.ts';

const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed448 = generateKeyPairSync('ed448');

const ALGORITHMS = 'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

describe('fits()', () => {
  it.each<[what: string, key: KeyObject, algorithms: readonly string[]]>([
    ['a secret', secretOf('s'), ['HS256', 'HS384', 'HS512']],
    ['an RSA key', rsa.publicKey, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['an RSA key of 1024 bits', smallRsa.publicKey, []],
    ['an RSA key with the exponent 1', createPublicKey({ key: { ...jwkOf(rsa), e: 'AQ' }, format: 'jwk' }), []],
    ['a P-256 key', p256.publicKey, ['ES256']],
    ['a P-384 key', p384.publicKey, ['ES384']],
    ['a P-521 key', p521.publicKey, ['ES512']],
    ['a secp256k1 key', secp256k1.publicKey, []],
    ['an Ed448 key', ed448.publicKey, []],
    ['an Ed25519 key', ed25519.publicKey, ['EdDSA', 'Ed25519']],
  ])('accepts %s for its algorithms only', (_, key, algorithms) => {
    expect(ALGORITHMS.filter((algorithm) => fits(key, algorithm))).toEqual(algorithms);
    if (key.type === 'public') expect(isUsable(key)).toBe(algorithms.length > 0);
  });
});

describe('isSameAlgorithm()', () => {
  it('treats only EdDSA and Ed25519 as the same algorithm', () => {
    const same = ALGORITHMS.flatMap((left) =>
      ALGORITHMS.filter((right) => left !== right && isSameAlgorithm(left, right)).map((right) => `${left}=${right}`),
    );
    expect(same).toEqual(['EdDSA=Ed25519', 'Ed25519=EdDSA']);
    expect(isSameAlgorithm('RS256', 'rs256')).toBe(false);
  });
});
