/** How long to wait between attempts that fail. */
export interface BackOff {
  /** The wait after the first failure, in milliseconds. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly longestMs: number;
  /**
   * From 0 to 1: by how much of itself chance may shorten a wait, so that instances do not retry at the same moment.
   */
  readonly jitter: number;
}

/**
 * The wait in milliseconds before the next attempt. It doubles with each failure up to the longest wait.
 *
 * @param earlierFailures the failures in a row before the last one; 0 after the first failure.
 * @param random from 0 to below 1.
 */
export function backOff(
  { firstMs, longestMs, jitter }: BackOff,
  earlierFailures: number,
  random: () => number = Math.random,
): number {
  return Math.min(firstMs * 2 ** earlierFailures, longestMs) * (1 - random() * jitter);
}

const PASSING: BackOff = { firstMs: 50, longestMs: 2_000, jitter: 1 / 2 };
const LASTING: BackOff = { firstMs: 2_000, longestMs: 60_000, jitter: 1 / 2 };

/** The wait for a server that is expected back soon: two seconds at most. */
export function backOffMs(earlierFailures: number, random?: () => number): number {
  return backOff(PASSING, earlierFailures, random);
}

/** The wait after failures that only a person can mend: a minute at most. */
export function lastingBackOffMs(earlierFailures: number, random?: () => number): number {
  return backOff(LASTING, earlierFailures, random);
}
