import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isRandomSecret } from './secret-strength.ts';

const HEX = '1f0c8a5be37d2946b0a1c3e5f7981234de56ab78cd90ef120a3b5c7d9e1f2a4b';

describe('isRandomSecret()', () => {
  it.each<[what: string, secret: Uint8Array]>([
    ['bytes', Buffer.from(HEX, 'hex')],
    ['hex', Buffer.from(HEX)],
    ['hex in upper case, with a newline', Buffer.from(`${HEX.toUpperCase()}\n`)],
    ['base64', Buffer.from(Buffer.from(HEX, 'hex').toString('base64'))],
    ['base64url', Buffer.from(Buffer.from(HEX, 'hex').toString('base64url'))],
    ['64 bytes in base64', Buffer.from(Buffer.from(HEX + HEX, 'hex').toString('base64'))],
  ])('is true for 32 or more random bytes: %s', (_, secret) => {
    expect(isRandomSecret(secret)).toBe(true);
  });

  it.each<[what: string, secret: Uint8Array]>([
    ['31 bytes', Buffer.from(HEX, 'hex').subarray(1)],
    ['31 bytes in hex', Buffer.from(HEX.slice(2))],
    ['31 bytes in base64', Buffer.from(Buffer.from(HEX.slice(2), 'hex').toString('base64url'))],
    ['a sentence', Buffer.from('correct horse battery staple, and some more words than that')],
    ['a sentence with umlauts', Buffer.from('zwölf Boxkämpfer jagen Viktor quer über den großen Deich')],
    ['words with hyphens', Buffer.from('correct-horse-battery-staple-and-some-more-words-than-that')],
    ['a repeated password', Buffer.from('Password1'.repeat(5))],
    ['words without spaces', Buffer.from('MyCompanySallyportProductionSigningSecret2026')],
    ['a sentence in Latin-1', Buffer.from('zwölf Boxkämpfer jagen Viktor quer über den großen Deich', 'latin1')],
    ['a password in UTF-16', Buffer.from('correct horse battery', 'utf16le')],
    ['a password in UTF-16 with a byte order mark', Buffer.from('\ufeffcorrect horse battery', 'utf16le')],
    ['one repeated letter', Buffer.alloc(64, 'a')],
    ['one repeated byte', Buffer.alloc(64, 0xff)],
    ['no bytes', Buffer.alloc(0)],
  ])('is false for %s', (_, secret) => {
    expect(isRandomSecret(secret)).toBe(false);
  });

  it('is true for the output of a random generator', () => {
    for (let round = 0; round < 100; round++) {
      expect(isRandomSecret(randomBytes(32))).toBe(true);
      expect(isRandomSecret(Buffer.from(randomBytes(32).toString('hex')))).toBe(true);
    }
  });
});
