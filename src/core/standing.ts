import type { Moment } from './request.ts';

/**
 * What this instance knows of one entry of the revocation set. Shared by every known credential that the entry
 * could end; the feed and the reader change it in place, so a decision only compares.
 */
export interface Standing {
  /** The entry's key in the store. */
  readonly key: string;
  /** Whether the entry is known to exist; it never un-exists for us, whatever the store says later. */
  marked: boolean;
  /** When marked: tokens issued at or before this Unix second end; `Infinity` ends every token. */
  issuedUpToSeconds: number;
  /** When marked: the Unix second from which the entry counts. */
  fromSeconds: number;
  /** The feed's epoch under which the entry was last read; {@link NO_EPOCH} before, and once it has changed since. */
  epoch: number;
  /** Monotonic milliseconds at which the question whose answer this is was sent. */
  askedAtMs: number;
  /** Monotonic milliseconds at which that answer arrived; `-Infinity` where there is none that counts. */
  answeredAtMs: number;
}

/** No feed has this epoch. */
export const NO_EPOCH = -1;

/**
 * How far "not revoked" may be trusted without asking, read from the clock at every decision.
 * Within one epoch the feed would have told of every change up to `heardUpToMs`.
 */
export interface Freshness {
  readonly epoch: number;
  /** Monotonic milliseconds up to which every change is known to have been heard; `Infinity` where the set is our own memory. */
  readonly heardUpToMs: number;
  /** The promise: no older "not revoked" is ever trusted. */
  readonly maxStalenessMs: number;
}

/** What a standing says of a token issued at `issuedAtSeconds` (`-Infinity` where it does not say). */
export type Verdict = 'revoked' | 'clear' | 'unknown';

/**
 * Revoked stays revoked, however old the knowledge is. "Not revoked" counts only where the feed would have said
 * otherwise, or where the store itself answered during this decision.
 */
export function judge(standing: Standing, issuedAtSeconds: number, freshness: Freshness, moment: Moment): Verdict {
  if (
    standing.marked &&
    issuedAtSeconds <= standing.issuedUpToSeconds &&
    moment.wallMs >= standing.fromSeconds * 1000
  ) {
    return 'revoked';
  }
  return isHeard(standing, freshness, moment) || isJustAnswered(standing, freshness, moment) ? 'clear' : 'unknown';
}

function isHeard(standing: Standing, freshness: Freshness, moment: Moment): boolean {
  return standing.epoch === freshness.epoch && moment.monotonicMs - freshness.heardUpToMs <= freshness.maxStalenessMs;
}

function isJustAnswered(standing: Standing, freshness: Freshness, moment: Moment): boolean {
  return standing.answeredAtMs >= moment.beganMs && moment.monotonicMs - standing.askedAtMs <= freshness.maxStalenessMs;
}
