import { describe, expect, it } from 'vitest';
import { rsa, secretOf } from '../../test/support/jwt/keys.ts';
import { FixedKeys } from './keys.ts';

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
  ])('returns %s', (_, algorithm, kid, found) => {
    expect(keys.find(algorithm, kid)).toEqual(found);
  });
});
