import * as z from 'zod';

/** What a private token is called, by people and for people. */
export const tokenName = z
  .string('a text')
  .trim()
  .min(1, 'not empty')
  .max(128, 'at most 128 characters')
  // Of what Unicode calls control characters, all: other readers of the pattern do not know them by that name.
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'no control characters');

/** Scopes that are asked for. */
export const scopes = z
  .array(z.string('a scope is a string'), 'a list of scopes')
  .min(1, 'at least one scope')
  .max(100, 'at most 100 scopes');

/** Why something is ended, for people to read. */
export const reason = z.string('a text').min(1, 'not empty').max(500, 'at most 500 characters');
