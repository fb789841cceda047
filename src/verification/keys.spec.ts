import { createPublicKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ed25519, jwkOf, p256, p384, rsa, secretOf, smallRsa } from '../../test/support/jwt/keys.ts';
import { FixedKeys, fits, isSameAlgorithm } from './keys.ts';

const ALGORITHMS = 'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA Ed25519'.split(' ');

describe('fits()', () => {
  it.each<[what: string, key: KeyObject, algorithms: readonly string[]]>([
    ['a secret', secretOf('s'), ['HS256', 'HS384', 'HS512']],
    ['an RSA key', rsa.publicKey, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['an RSA key of 1024 bits', smallRsa.publicKey, []],
    ['an RSA key with the exponent 1', createPublicKey({ key: { ...jwkOf(rsa), e: 'AQ' }, format: 'jwk' }), []],
    ['a P-256 key', p256.publicKey, ['ES256']],
    ['a P-384 key', p384.publicKey, ['ES384']],
    ['an Ed25519 key', ed25519.publicKey, ['EdDSA', 'Ed25519']],
  ])('accepts %s for its algorithms only', (_, key, algorithms) => {
    expect(ALGORITHMS.filter((algorithm) => fits(key, algorithm))).toEqual(algorithms);
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

describe('FixedKeys.find()', () => {
  const own = { kid: 'own', key: rsa.publicKey, inForce: { inForce: true } };
  const other = { kid: 'other', key: rsa.publicKey, inForce: { inForce: true } };
  const shared = { kid: undefined, key: secretOf('s'), inForce: { inForce: true } };
  const keys = new FixedKeys([own, other, shared]);

  it.each<[what: string, algorithm: string, kid: string | undefined, found: readonly object[]]>([
    ['the key that kid names', 'RS256', 'own', [own]],
    ['all keys that fit, without a kid', 'RS256', undefined, [own, other]],
    ['no key for an unknown kid', 'RS256', 'third', []],
    ['a secret for any kid', 'HS256', 'third', [shared]],
    ['no key for another algorithm', 'ES256', undefined, []],
    ['no public key for a MAC algorithm', 'HS256', 'own', [shared]],
  ])('returns %s', async (_, algorithm, kid, found) => {
    expect(await keys.find(algorithm, kid)).toEqual(found);
  });
});
