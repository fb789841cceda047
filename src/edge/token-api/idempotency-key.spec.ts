import { expect, it } from 'vitest';
import { readIdempotencyKey } from './idempotency-key.ts';

it.each([
  ['a String of RFC 9651', '"8e03978e-40d5"', '8e03978e-40d5'],
  ['the same without quotes', '8e03978e-40d5', '8e03978e-40d5'],
  ['escapes and spaces', String.raw`"a \"b\" \\"`, String.raw`a "b" \ `.trim()],
  ['as long as it may be', 'x'.repeat(255), 'x'.repeat(255)],
  ['white space around it', '  "a" ', 'a'],
])('readIdempotencyKey() reads %s', (_what, field, key) => {
  expect(readIdempotencyKey(field)).toBe(key);
});

it.each([
  ['an empty one', ''],
  ['an empty String', '""'],
  ['an open String', '"a'],
  ['two', '"a", "b"'],
  ['two without quotes', 'a, b'],
  ['parameters', '"a";b=c'],
  ['other than ASCII', 'schl\u00fcssel'],
  ['too long a one', 'x'.repeat(256)],
])('readIdempotencyKey() refuses %s', (_what, field) => {
  expect(readIdempotencyKey(field)).toMatchObject({ outcome: 'problem', code: 'invalid_idempotency_key' });
});

it('readIdempotencyKey() reads none where none was sent', () => {
  expect(readIdempotencyKey(undefined)).toBeUndefined();
});
