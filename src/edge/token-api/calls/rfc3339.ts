import * as z from 'zod';

const DATE_TIME = /^(\d{4}-\d\d-\d\d)t(\d\d:\d\d:)(\d\d)(\.\d+)?(z|[+-]\d\d:\d\d)$/i;
const STRICT = z.iso.datetime({ offset: true });

/**
 * Unix seconds, with their fraction, of a date and time of RFC 3339, section 5.6: with `t` and `z` of either case, and
 * with the leap second `:60` at the end of a day in UTC, which is the same moment as the second after it. `undefined`
 * for what is none.
 */
export function readDateTime(text: string): number | undefined {
  const [, date = '', minute = '', second = '', fraction = '', zone = ''] = DATE_TIME.exec(text) ?? [];
  const isLeap = second === '60';
  const written = `${date}T${minute}${isLeap ? '59' : second}${fraction}${zone.toUpperCase()}`;
  if (!STRICT.safeParse(written).success) return undefined;
  const seconds = Date.parse(written) / 1000;
  if (!isLeap) return seconds;
  return new Date(seconds * 1000).toISOString().includes('T23:59:59') ? seconds + 1 : undefined;
}

/** A field that holds such a time; becomes Unix seconds with their fraction. */
export function dateTime(message: string) {
  return z
    .string(message)
    .meta({ format: 'date-time' })
    .transform((text, context) => {
      const seconds = readDateTime(text);
      if (seconds !== undefined) return seconds;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}
