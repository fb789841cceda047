import * as z from 'zod';
import { MAX_REASON_LENGTH } from '../../../revocation/revocation-writer.ts';
import { dateTime } from './date-time.ts';

/**
 * Returns the schema of a field that may be left out. Generated clients send a missing value as `null`, and forms as
 * `""`: both mean the same here. Do not use it where leaving the field out does more than the sender can have meant.
 */
export function optional<S extends z.ZodType>(schema: S) {
  return schema
    .nullable()
    .optional()
    .transform((value) => (value === null || value === '' ? undefined : value));
}

/** The reason for a revocation, for people to read. */
export const optionalReason = optional(
  z.string('must be a string').max(MAX_REASON_LENGTH, `must have at most ${MAX_REASON_LENGTH} characters`),
);

/** An RFC 3339 time with its offset. Its output is whole Unix seconds. */
export const time = dateTime('must be a time such as 2027-01-31T12:00:00Z (RFC 3339)').transform(Math.floor);

/** A time in a response. */
export const utcDateTime = z.iso.datetime();

/** A new token, in the one response that shows it. */
export const issuedToken = z.strictObject({
  id: z.string(),
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  expires_at: utcDateTime,
});
