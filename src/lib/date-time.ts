const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)t((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(\.\d+)?(z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * The Unix milliseconds of a date and time in the format of RFC 3339, section 5.6. `t` and `z` may be of either case.
 * The leap second `:60` at the end of a UTC day equals the second after it. `undefined` for any other text, and for a
 * day that does not exist.
 */
export function readDateTime(text: string): number | undefined {
  const [, date = '', minute = '', second = '', fraction = '', zone = ''] = DATE_TIME.exec(text) ?? [];
  if (!isDay(date)) return undefined;
  const isLeap = second === '60';
  const instant = Date.parse(`${date}T${minute}${isLeap ? '59' : second}${fraction}${zone.toUpperCase()}`);
  if (!isLeap) return instant;
  return new Date(instant).toISOString().includes('T23:59:59') ? instant + 1_000 : undefined;
}

/** Whether a day such as `2027-06-30` exists. Date.parse turns 30 February into a day in March. */
export function isDay(day: string): boolean {
  const instant = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
}
