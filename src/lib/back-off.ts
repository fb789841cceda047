const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/**
 * How long to wait before the next attempt, after `attempts` failed ones: twice as long each time up to two seconds,
 * less up to half of it by chance, so that instances that lost one Redis do not come back to it together.
 */
export function backOffMs(attempts: number, random: () => number = Math.random): number {
  return Math.min(FIRST_MS * 2 ** attempts, LONGEST_MS) * (1 - random() / 2);
}

const LASTING_FIRST_MS = 2_000;
const LASTING_LONGEST_MS = 60_000;

/** The same after `attempts` failures that only a person can mend: up to a minute, so that nobody is troubled for nothing. */
export function lastingBackOffMs(attempts: number, random: () => number = Math.random): number {
  return Math.min(LASTING_FIRST_MS * 2 ** attempts, LASTING_LONGEST_MS) * (1 - random() / 2);
}
