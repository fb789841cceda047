import { isDay } from '../../lib/date-time.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

const DAY = 86_400;
const UNITS = [
  ['day', DAY],
  ['hour', 3_600],
  ['minute', 60],
] as const;
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
const RELATIVE = new Intl.RelativeTimeFormat('en');

/** Shows a time in Unix seconds to people: its date and its distance from now. */
export function timestamp(seconds: number, nowSeconds: number): Html {
  const iso = new Date(seconds * 1000).toISOString();
  const away = distance(seconds - nowSeconds);
  return html`<span class="timestamp"><time datetime="${iso}">${DATE.format(seconds * 1000)} UTC</time> <small>${away}</small></span>`;
}

/** Returns a distance such as `in 3 days` or `2 hours ago`, in whole units, rounded towards zero. */
export function distance(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? [undefined, 1];
  if (unit === undefined) return seconds > 0 ? 'in less than a minute' : 'just now';
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** Returns the time until a retry, such as `in 30 seconds` or `in 4 minutes`, rounded up. */
export function retryTime(seconds: number): string {
  return seconds < 100 ? RELATIVE.format(seconds, 'second') : RELATIVE.format(Math.ceil(seconds / 60), 'minute');
}

/** Returns a duration such as `1 day` or `90 minutes`, in the largest unit that is exact. */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
}

/**
 * Returns the last second of a day in UTC, in Unix seconds; `undefined` for a date that does not exist.
 *
 * @param date as a date field sends it: `2027-01-31`.
 */
export function endOfDay(date: string): number | undefined {
  return isDay(date) ? Date.parse(date) / 1000 + DAY - 1 : undefined;
}
