import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameToken, normalForm, readOpaque } from './opaque-token.ts';

describe('normalForm()', () => {
  it.each<[what: string, token: string, normal: string]>([
    ['a token without unused bits', 'abcdefgh', 'abcdefgh'],
    ['padding', 'abcdefg=', 'abcdefg'],
    ['two bits', 'abcdefh', 'abcdefg'],
    ['four bits', 'abcdeR==', 'abcdeQ'],
    ['a digit that decodes to nothing', 'abcdefghi', 'abcdefgh'],
    ['the alphabet of base64', 'ab+/ab+/', 'ab-_ab-_'],
    ['each part by itself', 'abR.abd~abR.ab', 'abQ.abc~abQ.aQ'],
    ['a UUID', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    ['dots alone', '.', '.'],
  ])('of %s', (_, token, normal) => {
    expect(normalForm(token)).toBe(normal);
    expect(normalForm(normal)).toBe(normal);
  });

  it('is one for all spellings that a lenient decoder takes for the same bytes', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const canonical = Buffer.from(bytes).toString('base64url');
        for (const last of digits) {
          const spelling = canonical.slice(0, -1) + last;
          const isSame = Buffer.from(spelling, 'base64url').equals(bytes);
          expect(isSameToken(canonical, spelling)).toBe(isSame);
          expect(isSameToken(canonical, Buffer.from(bytes).toString('base64'))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('readOpaque()', () => {
  it('names a token by its normal form and by how it is spelt', () => {
    expect(readOpaque('abcdefh=')).toEqual({ spelling: sha256('abcdefh='), thumbprint: sha256('abcdefg') });
    expect(readOpaque('abcd')).toEqual({ spelling: sha256('abcd'), thumbprint: sha256('abcd') });
  });

  it.each([
    ['empty', ''],
    ['length', 'x'.repeat(16_385)],
    ['characters', 'a b'],
    ['characters', 'a=b'],
    ['characters', 'ä'],
  ])('refuses by %s', (why, token) => {
    expect(readOpaque(token)).toBe(why);
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
