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

/** A moment for people: its date, and how far away it is. Unix seconds. */
export function moment(seconds: number, nowSeconds: number): Html {
  const iso = new Date(seconds * 1000).toISOString();
  const away = distance(seconds - nowSeconds);
  return html`<span class="moment"><time datetime="${iso}">${DATE.format(seconds * 1000)} UTC</time> <small>${away}</small></span>`;
}

/** As in `in 3 days`, `2 hours ago`; whole units, towards zero. */
export function distance(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? [undefined, 1];
  if (unit === undefined) return seconds > 0 ? 'in less than a minute' : 'just now';
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** When somebody may come again: as in `in 30 seconds`, `in 4 minutes`; never too early. */
export function comeAgain(seconds: number): string {
  return seconds < 100 ? RELATIVE.format(seconds, 'second') : RELATIVE.format(Math.ceil(seconds / 60), 'minute');
}

/** As in `1 day`, `90 minutes`: the largest unit that says it exactly. */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
}

/** The last second of a day in UTC, as a date field names it (`2027-01-31`); `undefined` where there is no such day. */
export function endOfDay(date: string): number | undefined {
  return isDay(date) ? Date.parse(date) / 1000 + DAY - 1 : undefined;
}
