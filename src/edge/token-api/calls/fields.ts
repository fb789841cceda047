import * as z from 'zod';
import { MAX_REASON_LENGTH } from '../../../revocation/revocation-writer.ts';
import { dateTime } from './date-time.ts';

/**
 * A field that may be left out. Clients that are generated write one without a value as `null`, and forms as `""`: both
 * mean the same. Only where leaving it out would do more than its sender can have meant, ask for more.
 */
export function optional<S extends z.ZodType>(schema: S) {
  return schema
    .nullable()
    .optional()
    .transform((value) => (value === null || value === '' ? undefined : value));
}

/** Why something is ended, for people to read. */
export const optionalReason = optional(
  z.string('a text').max(MAX_REASON_LENGTH, `at most ${MAX_REASON_LENGTH} characters`),
);

/** RFC 3339, with its offset; becomes whole Unix seconds. */
export const time = dateTime('a time such as 2027-01-31T12:00:00Z (RFC 3339)').transform(Math.floor);

/** A time as it is answered. */
export const utcDateTime = z.iso.datetime();

/** A token, shown this once. */
export const issuedToken = z.strictObject({
  id: z.string(),
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  expires_at: utcDateTime,
});
