import { createVerify, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toDer } from './ecdsa-signature.ts';

describe('toDer()', () => {
  it.each([
    ['a small number', '0001', '0002', '3006020101020102'],
    ['a first bit that is set', '8001', '7fff', '30090203008001' + '02027fff'],
    ['zeros in front', '0080', '0000', '30070202' + '0080' + '020100'],
  ])('writes %s', (_, r, s, der) => {
    expect(toDer(Buffer.from(r + s, 'hex'), 2).toString('hex')).toBe(der);
  });

  it('writes a length of two bytes', () => {
    const der = toDer(Buffer.alloc(132, 0xff), 66);
    expect(der.subarray(0, 6).toString('hex')).toBe('30818a024300');
    expect(der).toHaveLength(141);
  });

  it.each([
    ['P-256', 'sha256', 32],
    ['P-384', 'sha384', 48],
    ['P-521', 'sha512', 66],
  ])('says the same of signatures of %s as Node', (namedCurve, hash, size) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    for (let index = 0; index < 200; index++) {
      const input = Buffer.from(`input ${index}`);
      const der = sign(hash, input, privateKey);
      const signature = sign(hash, input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify(hash, input, publicKey, toDer(signature, size))).toBe(true);
      expect(createVerify(hash).update('other').verify(publicKey, toDer(signature, size))).toBe(false);
      expect(verify(hash, input, publicKey, der)).toBe(true);
    }
  });
});
