import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameToken, normalForms, readOpaque } from './opaque-token.ts';

describe('normalForms()', () => {
  it.each<[what: string, token: string, ...normal: string[]]>([
    ['a token without unused bits', 'abcdefgh', 'abcdefgh'],
    ['padding', 'abcdefg=', 'abcdefg'],
    ['two unused bits', 'abcdefh', 'abcdefg'],
    ['four unused bits', 'abcdeR==', 'abcdeQ'],
    ['a digit that decodes to nothing', 'abcdefghi', 'abcdefgh'],
    ['the alphabet of base64', 'ab+/ab+/', 'ab-_ab-_'],
    ['several parts, each separately and all together', 'abR.abd~abR.ab', 'abQ.abc~abQ.aQ', 'abRabdabRaY'],
    ['a UUID', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    ['a single dot', '.', '.', ''],
    ['64 separators', 'abcd~'.repeat(64), 'abcd~'.repeat(64), 'abcd'.repeat(64)],
    ['over 64 separators', 'abcd~'.repeat(65), 'abcd'.repeat(65)],
  ])('normalizes %s', (_, token, ...normal) => {
    expect(normalForms(token)).toEqual(normal);
  });

  it('returns a shared form wherever a token contains characters that a lenient decoder skips', () => {
    const separators = fc.array(fc.constantFrom('.', '~'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), separators, fc.nat(), (bytes, between, at) => {
        const canonical = Buffer.from(bytes).toString('base64url');
        const index = at % (canonical.length + 1);
        const spelling = canonical.slice(0, index) + between.join('') + canonical.slice(index);
        expect(Buffer.from(spelling, 'base64url').equals(bytes)).toBe(true);
        expect(isSameToken(canonical, spelling)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('returns a shared form for all spellings that a lenient decoder decodes to the same bytes', () => {
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
  it('hashes the normal forms and the spelling of a token', () => {
    expect(readOpaque('abcdefh=')).toEqual({ spelling: sha256('abcdefh='), thumbprints: [sha256('abcdefg')] });
    expect(readOpaque('abcd')).toEqual({ spelling: sha256('abcd'), thumbprints: [sha256('abcd')] });
    const thumbprints = [sha256('abcd.abcd'), sha256('abcdabcd')];
    expect(readOpaque('abcd.abcd')).toEqual({ spelling: sha256('abcd.abcd'), thumbprints });
  });

  it.each([
    ['empty', ''],
    ['length', 'x'.repeat(16_385)],
    ['characters', 'a b'],
    ['characters', 'a=b'],
    ['characters', 'ä'],
  ])('refuses a token for %s: %j', (why, token) => {
    expect(readOpaque(token)).toBe(why);
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
