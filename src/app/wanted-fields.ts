import type { Config } from '../config/config.ts';

/** The lower-case names of the header fields that this configuration reads besides those that every door reads. */
export function wantedFields(_config: Config): ReadonlySet<string> {
  return new Set();
}
