import * as z from 'zod';

/** The name that a user gives a private token. */
export const tokenName = z
  .string('a text')
  .trim()
  .min(1, 'not empty')
  .max(128, 'at most 128 characters')
  // All control characters of Unicode, written out: not every reader of the pattern knows `\p{Cc}`.
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'no control characters');

/** The scopes that a client requests. */
export const scopes = z
  .array(z.string('a scope is a string'), 'a list of scopes')
  .min(1, 'at least one scope')
  .max(100, 'at most 100 scopes');

/** The reason for a revocation, for people to read. */
export const reason = z.string('a text').min(1, 'not empty').max(500, 'at most 500 characters');
