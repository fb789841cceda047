/** Unix milliseconds in UTC; `never` for a time that no date can hold. */
export function timeOf(ms: number | undefined): string {
  const time = new Date(ms ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? 'never' : time.toISOString();
}

/** Unix seconds in UTC, to the second. */
export function secondOf(seconds: number): string {
  return timeOf(Math.floor(seconds) * 1000).replace('.000Z', 'Z');
}

/** A span of time in seconds, such as `1 s` or `0.25 s`. */
export function spanOf(ms: number): string {
  return `${ms / 1000} s`;
}

/** As in `1 issuer`, `2 issuers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
