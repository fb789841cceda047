const OPEN_MS = 10_000;
const WRITE_MS = 5_000;
/** The shortest silence after which a connection for reads is replaced while an answer is due. */
const READ_SILENCE_MS = 1_000;
/** The same for client tracking, whose heartbeat notices a loss earlier. */
export const FEED_SILENCE_MS = 10_000;

/** Time limits, in milliseconds. */
export interface RedisTimeouts {
  /** Longest wait for the answer to a read that a decision may wait for. */
  readonly storeMs: number;
  /** Longest wait for the answer to anything else; 5 seconds by default. */
  readonly writeMs?: number;
  /** How long to try to connect when opening; 10 seconds by default. */
  readonly openMs?: number;
}

/** All time limits, with defaults and those that follow from others. */
export function timeoutsOf({ storeMs, writeMs = WRITE_MS, openMs = OPEN_MS }: RedisTimeouts) {
  return { storeMs, writeMs, openMs, readSilenceMs: Math.max(READ_SILENCE_MS, 2 * storeMs) };
}
