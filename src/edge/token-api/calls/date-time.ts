import * as z from 'zod';
import { readDateTime } from '../../../lib/date-time.ts';

/** Returns the schema of an RFC 3339 time. Its output is Unix seconds, with their fraction. */
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
