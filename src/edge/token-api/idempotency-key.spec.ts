import { describe, expect, it } from 'vitest';
import { readIdempotencyKey } from './idempotency-key.ts';

describe('readIdempotencyKey()', () => {
  it.each([
    ['a String of RFC 9651', '"8e03978e-40d5"', '8e03978e-40d5'],
    ['a key without quotes', '8e03978e-40d5', '8e03978e-40d5'],
    ['escapes and spaces', String.raw`"a \"b\" \\"`, String.raw`a "b" \ `.trim()],
    ['a key of 255 characters', 'x'.repeat(255), 'x'.repeat(255)],
    ['a key between spaces', '  "a" ', 'a'],
  ])('reads %s', (_case, field, key) => {
    expect(readIdempotencyKey(field)).toBe(key);
  });

  it.each([
    ['an empty field', ''],
    ['an empty String', '""'],
    ['an unterminated String', '"a'],
    ['two keys', '"a", "b"'],
    ['two keys without quotes', 'a, b'],
    ['parameters', '"a";b=c'],
    ['a character outside ASCII', 'schl\u00fcssel'],
    ['a key of 256 characters', 'x'.repeat(256)],
  ])('refuses %s', (_case, field) => {
    expect(readIdempotencyKey(field)).toMatchObject({ outcome: 'problem', code: 'invalid_idempotency_key' });
  });

  it('returns undefined if no key was sent', () => {
    expect(readIdempotencyKey(undefined)).toBeUndefined();
  });
});
