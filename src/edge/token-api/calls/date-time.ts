import * as z from 'zod';
import { readDateTime } from '../../../lib/date-time.ts';

/** A field that holds a time of RFC 3339; becomes Unix seconds, with their fraction. */
export function dateTime(message: string) {
  return z
    .string(message)
    .meta({ format: 'date-time' })
    .transform((text, context) => {
      const instant = readDateTime(text);
      if (instant !== undefined) return instant / 1000;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}
