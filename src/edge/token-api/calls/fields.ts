import * as z from 'zod';
import { dateTime } from './date-time.ts';

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
