import { parsed } from './shape.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/;
const INSTANT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/;

/** Milliseconds of `150ms`, `30s`, `5m`, `24h` or `7d`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? undefined : Number(count) * factor;
}

/**
 * Unix milliseconds of `2027-06-30`, which is 00:00 UTC of that day, or of `2027-06-30T12:00:00Z`; `undefined` for
 * anything else, also for a day that no calendar has.
 */
export function parseInstant(text: string): number | undefined {
  const day = INSTANT.exec(text)?.[1];
  if (day === undefined || !isDay(day)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Date.parse makes March of a 30th of February. */
function isDay(day: string): boolean {
  const instant = Date.parse(day);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
}

/** A duration between two others, as milliseconds. */
export function milliseconds(min: string, max: string) {
  return duration(min, max, 1);
}

/** A duration between two others, as whole seconds. */
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

/** A date or a date and time, as Unix milliseconds. */
export function instant() {
  const what = "a date such as '2027-06-30', or a date and time such as '2027-06-30T12:00:00Z'";
  return parsed(what, parseInstant).meta({ anyOf: [{ format: 'date' }, { format: 'date-time' }] });
}
