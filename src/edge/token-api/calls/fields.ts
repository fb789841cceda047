import * as z from 'zod';

/** RFC 3339, with its offset; becomes whole Unix seconds. */
export const time = z.iso
  .datetime({ offset: true, error: 'a time such as 2027-01-31T12:00:00Z (RFC 3339)' })
  .transform((text) => Math.floor(Date.parse(text) / 1000));

/** A time as it is answered. */
export const utcDateTime = z.iso.datetime();

/** A token, shown this once. */
export const issuedToken = z.strictObject({
  id: z.string(),
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  expires_at: utcDateTime,
});
