import { describe, expect, it } from 'vitest';
import { ed25519, jwkOf, otherRsa, p256, p384, p521, rsa, secretOf, smallRsa } from '../../../test/support/jwt/keys.ts';
import { Publisher, setOf } from '../../../test/support/jwt/publisher.ts';
import type { RemoteKeySet } from './key-set.ts';
import { PrivateKeysError, readKeySet } from './published-keys.ts';

const kidsIn = (text: string) => readKeySet(text).keys.map(({ kid }) => kid);

describe('readKeySet()', () => {
  it.each<[what: string, jwk: object]>([
    ['a shared secret', { kty: 'oct', kid: 'a', k: secretOf('s').export().toString('base64url') }],
    ['a key for encryption', jwkOf(rsa, { kid: 'a', use: 'enc' })],
    ['a key for X.509-SVIDs', jwkOf(rsa, { kid: 'a', use: 'x509-svid' })],
    ['a key for other operations', { ...jwkOf(rsa, { kid: 'a' }), key_ops: ['encrypt'] }],
    ['a key whose operations are no list', { ...jwkOf(rsa, { kid: 'a' }), key_ops: 'verify' }],
    ['a key whose algorithm is no string', { ...jwkOf(rsa, { kid: 'a' }), alg: ['RS512'] }],
    ['RSA 1024', jwkOf(smallRsa, { kid: 'a' })],
    ['RSA with the exponent 1', { ...jwkOf(rsa, { kid: 'a' }), e: 'AQ' }],
    ['a point that is not on its curve', { ...jwkOf(p256, { kid: 'a' }), y: jwkOf(p256).x }],
    ['a JWK without a key', { kid: 'a' }],
  ])('ignores %s, and refuses a set without other keys', (_, jwk) => {
    expect(kidsIn(setOf(jwk, jwkOf(otherRsa, { kid: 'b' })))).toEqual(['b']);
    expect(() => readKeySet(setOf(jwk))).toThrow('its key set has no key that can verify a signature');
  });

  it('returns the usable keys of a set that also contains garbage', () => {
    const text = JSON.stringify({ keys: [null, 1, 'x', [], { kty: 'RSA' }, jwkOf(rsa, { kid: 'a' })] });
    expect(kidsIn(text)).toEqual(['a']);
  });

  it.each(['sig', 'jwt-svid', undefined])('accepts a key with use %s', (use) => {
    expect(readKeySet(setOf({ ...jwkOf(p521, { kid: 'a' }), use })).keys).toMatchObject([{ kid: 'a' }]);
  });

  it('returns a duplicate key only once', () => {
    expect(kidsIn(setOf(jwkOf(rsa, { kid: 'a' }), jwkOf(rsa, { kid: 'a' }), jwkOf(rsa, { kid: 'b' })))).toEqual([
      'a',
      'b',
    ]);
  });

  it('reads the first hundred usable keys, and returns how many it leaves out', () => {
    const unusable = Array.from({ length: 150 }, (_, index) => jwkOf(rsa, { kid: `e${index}`, use: 'enc' }));
    const many = Array.from({ length: 120 }, (_, index) => jwkOf(p256, { kid: `${index}` }));
    const { keys, leftOut } = readKeySet(setOf(...unusable, ...many));
    expect([keys[0]?.kid, keys.length, leftOut]).toEqual(['0', 100, 20]);
    expect(readKeySet(setOf(...many.slice(20), ...unusable)).leftOut).toBe(0);
  });

  it.each([null, '', []])('treats an empty member as absent: %j', (empty) => {
    const jwk = { ...jwkOf(rsa), kid: empty, use: empty, key_ops: empty, alg: empty, d: empty, x5c: empty };
    expect(readKeySet(setOf(jwk)).keys).toMatchObject([{ kid: undefined, algorithm: undefined }]);
  });

  it.each<[what: string, jwk: object]>([
    ['RSA', rsa.privateKey.export({ format: 'jwk' })],
    ['EC', p256.privateKey.export({ format: 'jwk' })],
    ['OKP', ed25519.privateKey.export({ format: 'jwk' })],
    ['RSA without d', { ...rsa.privateKey.export({ format: 'jwk' }), d: undefined }],
    ['AKP', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x', priv: 'x' }],
    ['a key for encryption', { ...rsa.privateKey.export({ format: 'jwk' }), use: 'enc' }],
  ])('refuses a set with a private key: %s', (_, jwk) => {
    const text = setOf(jwkOf(otherRsa, { kid: 'b' }), { ...jwk, kid: 'a' });
    expect(() => readKeySet(text)).toThrow(new PrivateKeysError(['a']));
  });

  it.each(['<html>very-private</html>', '{"very-private', '"very-private"'])(
    'does not quote an invalid set: %s',
    (text) => {
      expect(() => readKeySet(text)).toThrow(/^it answered no JSON/);
    },
  );
});

function keySetOf(jwk: object): RemoteKeySet {
  const publisher = new Publisher();
  publisher.publish(jwk);
  return publisher.keySet();
}

describe('RemoteKeySet.find()', () => {
  it.each<[what: string, jwk: object, algorithm: string]>([
    ['a key for another algorithm', jwkOf(rsa, { kid: 'a', alg: 'RS512' }), 'RS256'],
    ['P-384 for ES256', jwkOf(p384, { kid: 'a' }), 'ES256'],
    ['P-256 for ES384', jwkOf(p256, { kid: 'a' }), 'ES384'],
    ['P-384 for ES512', jwkOf(p384, { kid: 'a' }), 'ES512'],
    ['P-384 whose alg says ES256', jwkOf(p384, { kid: 'a', alg: 'ES256' }), 'ES256'],
    ['P-384 whose alg says ES256, for its own algorithm', jwkOf(p384, { kid: 'a', alg: 'ES256' }), 'ES384'],
    ['another kid', jwkOf(rsa, { kid: 'A' }), 'RS256'],
    ['no kid', jwkOf(rsa), 'RS256'],
    ['a kid that is not a string', { ...jwkOf(rsa), kid: ['a'] }, 'RS256'],
  ])('does not find %s', async (_, jwk, algorithm) => {
    expect(await keySetOf(jwk).find(algorithm, 'a')).toEqual([]);
  });

  it('finds a key by both names of its algorithm, EdDSA and Ed25519', async () => {
    const set = new Publisher(
      jwkOf(ed25519, { kid: 'a', alg: 'Ed25519' }),
      jwkOf(ed25519, { kid: 'b', alg: 'EdDSA' }),
    ).keySet();
    for (const algorithm of ['EdDSA', 'Ed25519']) {
      expect((await set.find(algorithm, undefined))?.map(({ kid }) => kid)).toEqual(['a', 'b']);
    }
  });
});
