import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseReporterKeys } from './reporter-keys.ts';

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (pair: { publicKey: typeof p256.publicKey }) =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function documentOf(...keys: readonly unknown[]): string {
  return JSON.stringify({ public_keys: keys });
}

describe('parseReporterKeys()', () => {
  it('reads each key on P-256 by its identifier', () => {
    const keys = parseReporterKeys(
      documentOf(
        { key_identifier: 'a', key: pemOf(p256), is_current: true },
        { key_identifier: 'b', key: pemOf(p256), is_current: false },
      ),
    );
    expect([...(keys?.keys() ?? [])]).toEqual(['a', 'b']);
  });

  it.each([
    ['a key on another curve', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['a key on secp256k1', pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['an RSA key', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['a private key', p256.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['no PEM', 'x'],
    ['no string', 7],
  ])('leaves out %s', (_what, key) => {
    expect(parseReporterKeys(documentOf({ key_identifier: 'a', key }))).toBeUndefined();
    const both = documentOf({ key_identifier: 'a', key }, { key_identifier: 'b', key: pemOf(p256) });
    expect([...(parseReporterKeys(both)?.keys() ?? [])]).toEqual(['b']);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '{}',
    '{"public_keys":{}}',
    documentOf(),
    documentOf(null, 7, {}, { key: 'x' }),
  ])('finds no key in %s', (text) => {
    expect(parseReporterKeys(text)).toBeUndefined();
  });
});
