import * as z from 'zod';

/** The name that a user gives a private token. */
export const tokenName = z
  .string('must be a string')
  .trim()
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters')
  // Unicode's control characters, written out because not every reader of JSON Schema knows `\p{Cc}`.
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters');

/** The scopes that a client requests. */
export const scopes = z
  .array(z.string('must be a string'), 'must be a list of scopes')
  .min(1, 'must have at least one scope')
  .max(100, 'must have at most 100 scopes');

/** The reason for a revocation, for people to read. */
export const reason = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 characters');
