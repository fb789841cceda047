const OPEN_MS = 10_000;
const WRITE_MS = 5_000;
/** After which silence a connection that owes an answer to a read is made again, at least. */
const READ_SILENCE_MS = 1_000;
/** The same for the feed, whose beats tell before. */
export const FEED_SILENCE_MS = 10_000;

/** Time limits, in milliseconds. */
export interface RedisTimeouts {
  /** Longest wait for the answer to a read that a decision may wait for. */
  readonly storeMs: number;
  /** Longest wait for the answer to anything else; 5 seconds by default. */
  readonly writeMs?: number;
  /** How long to try to connect at the opening; 10 seconds by default. */
  readonly openMs?: number;
}

/** All of them, and those that follow. */
export function timeoutsOf({ storeMs, writeMs = WRITE_MS, openMs = OPEN_MS }: RedisTimeouts) {
  return { storeMs, writeMs, openMs, readSilenceMs: Math.max(READ_SILENCE_MS, 2 * storeMs) };
}
