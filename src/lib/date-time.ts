const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)t((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(\.\d+)?(z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Unix milliseconds of a date and time of RFC 3339, section 5.6: with `t` and `z` of either case, and with the leap
 * second `:60` at the end of a day in UTC, which is the same moment as the second after it. `undefined` for what is none,
 * also for a day that no calendar has.
 */
export function readDateTime(text: string): number | undefined {
  const [, date = '', minute = '', second = '', fraction = '', zone = ''] = DATE_TIME.exec(text) ?? [];
  if (!isDay(date)) return undefined;
  const isLeap = second === '60';
  const instant = Date.parse(`${date}T${minute}${isLeap ? '59' : second}${fraction}${zone.toUpperCase()}`);
  if (!isLeap) return instant;
  return new Date(instant).toISOString().includes('T23:59:59') ? instant + 1_000 : undefined;
}

/** Whether a calendar has the day `2027-06-30`. Date.parse makes March of a 30th of February. */
export function isDay(day: string): boolean {
  const instant = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
}
