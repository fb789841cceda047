import { isDay, readDateTime } from '../../lib/date-time.ts';
import { parsed } from './shape.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/;
/** A date and time without seconds, which RFC 3339 does not allow. */
const TO_THE_MINUTE = /^(.{10}t\d\d:\d\d)(z|[+-]\d\d:\d\d)$/i;

/** Parses `150ms`, `30s`, `5m`, `24h` or `7d` into milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? undefined : Number(count) * factor;
}

/**
 * Parses `2027-06-30` (00:00 UTC), or `2027-06-30T12:00:00Z` (RFC 3339, seconds optional), into Unix milliseconds.
 * Returns `undefined` for anything else, and for a day that does not exist.
 */
export function parseInstant(text: string): number | undefined {
  return isDay(text) ? Date.parse(text) : readDateTime(text.replace(TO_THE_MINUTE, '$1:00$2'));
}

/** The schema of a duration from `min` to `max`, parsed into milliseconds. */
export function milliseconds(min: string, max: string) {
  return duration(min, max, 1);
}

/** The schema of a duration from `min` to `max`, parsed into whole seconds. */
export function seconds(min: string, max: string) {
  return duration(min, max, 1000);
}

function duration(min: string, max: string, unitMs: number) {
  const least = parseDuration(min) ?? 0;
  const most = parseDuration(max) ?? 0;
  const examples = unitMs === 1 ? 'such as 150ms, 30s, 5m or 24h' : 'in whole seconds, such as 30s, 5m or 24h';
  const what = `a duration from ${min} to ${max}, ${examples}`;
  return parsed(what, (text) => {
    const value = parseDuration(text);
    const fits = value !== undefined && value >= least && value <= most && value % unitMs === 0;
    return fits ? value / unitMs : undefined;
  }).meta({ pattern: DURATION.source });
}

/** The schema of a date, or a date and time, parsed into Unix milliseconds. */
export function instant() {
  const what = "a date such as '2027-06-30', or a date and time such as '2027-06-30T12:00:00Z'";
  return parsed(what, parseInstant).meta({ anyOf: [{ format: 'date' }, { format: 'date-time' }] });
}
