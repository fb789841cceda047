import type { Instant, Moment } from './request.ts';

/**
 * What this instance knows of one entry of the revocation set. All known credentials that the entry could end share it.
 * The feed and the reader change it in place, so that a decision only compares numbers.
 */
export interface Standing {
  /** The entry's key in the store. */
  readonly key: string;
  /** Whether the entry is known to exist. Stays true, whatever the store says later, until an operator undoes it. */
  marked: boolean;
  /** When marked: tokens issued at or before this Unix second end; `Infinity` ends every token. */
  issuedUpToSeconds: number;
  /** When marked: the Unix second from which the entry applies; `-Infinity` once it does. */
  fromSeconds: number;
  /** The feed's epoch in which the entry was last read; {@link NO_EPOCH} before that, and after a change. */
  epoch: number;
  /** Monotonic milliseconds at which the read that gave the present answer was sent. */
  askedAtMs: number;
  /** The same instant on the wall clock, in Unix milliseconds. */
  askedAtWallMs: number;
  /** Monotonic milliseconds at which that answer arrived; `-Infinity` without a valid answer. */
  answeredAtMs: number;
}

/** No feed has this epoch. */
export const NO_EPOCH = -1;

/** The standing of an entry that has not been read. */
export function unread(key: string): Standing {
  return {
    key,
    marked: false,
    issuedUpToSeconds: Number.NEGATIVE_INFINITY,
    fromSeconds: Number.POSITIVE_INFINITY,
    epoch: NO_EPOCH,
    askedAtMs: Number.NEGATIVE_INFINITY,
    askedAtWallMs: Number.NEGATIVE_INFINITY,
    answeredAtMs: Number.NEGATIVE_INFINITY,
  };
}

/**
 * How far "not revoked" may be trusted without a read. Within one epoch the feed has reported every change up to
 * `heardUpToMs`.
 */
export interface Freshness {
  readonly epoch: number;
  /** Monotonic milliseconds up to which every change has arrived; `Infinity` if the set is in our own memory. */
  readonly heardUpToMs: number;
  /** The same instant on the wall clock, in Unix milliseconds. */
  readonly heardUpToWallMs: number;
  /** The promise: an older "not revoked" is never trusted. */
  readonly maxStalenessMs: number;
  /**
   * The most milliseconds for which a caller may keep an allow that rests on this freshness; 0: none may be kept. Never
   * over `maxStalenessMs`.
   */
  readonly keepMs: number;
  /** Whether an answer, too, is trusted for that long, and not only by the decisions that waited for it. */
  readonly keepsAnswers: boolean;
}

/** What a standing says of a token. */
export type Verdict = 'revoked' | 'clear' | 'unknown';

/**
 * Judges a token that was issued at `issuedAtSeconds` (`-Infinity` if unknown). "Revoked" holds however old the
 * knowledge is. "Not revoked" holds only if the feed would have reported a change, or if the store answered during this
 * decision.
 *
 * | state of a standing | by | "not revoked" counts |
 * |---|---|---|
 * | unread | creation, a change, an eviction | never |
 * | answered | the store's answer | for decisions that began before the answer, until `maxStalenessMs` after the read was sent |
 * | heard | that, and a feed that is unbroken since the read: the epochs are equal | until `maxStalenessMs` after the last heartbeat was sent |
 * | marked | an answer that holds an entry | never, for the tokens that the entry reaches |
 *
 * A change ends `answered` and `heard` (`unread`). A new epoch ends `heard`, since the feed may have missed a change.
 * Only an operator who undoes the entry ends `marked`. Both clocks are compared: see {@link isWithin}.
 */
export function judge(standing: Standing, issuedAtSeconds: number, freshness: Freshness, moment: Moment): Verdict {
  if (isEnded(standing, issuedAtSeconds, moment.wallMs)) return 'revoked';
  return isHeard(standing, freshness, moment) || isAnswered(standing, freshness, moment) ? 'clear' : 'unknown';
}

/** What all entries that could end a token say of it. One that ends it outweighs those that are not known. */
export function judgeAll(
  standings: readonly Standing[],
  issuedAtSeconds: number,
  freshness: Freshness,
  moment: Moment,
): Verdict {
  let verdict: Verdict = 'clear';
  for (const standing of standings) {
    const judged = judge(standing, issuedAtSeconds, freshness, moment);
    if (judged === 'revoked') return 'revoked';
    if (judged === 'unknown') verdict = 'unknown';
  }
  return verdict;
}

/**
 * Whether a standing is known to end a token issued at `issuedAtSeconds`; that needs no freshness. An entry that has
 * begun to apply keeps applying even if the clock steps back.
 */
export function isEnded(standing: Standing, issuedAtSeconds: number, wallMs: number): boolean {
  const ends =
    standing.marked && issuedAtSeconds <= standing.issuedUpToSeconds && wallMs >= standing.fromSeconds * 1000;
  if (ends) standing.fromSeconds = Number.NEGATIVE_INFINITY;
  return ends;
}

/** Whether the feed would have reported a change of the entry. */
export function isHeard(standing: Standing, freshness: Freshness, moment: Instant): boolean {
  return (
    standing.epoch === freshness.epoch && isWithin(freshness.heardUpToMs, freshness.heardUpToWallMs, freshness, moment)
  );
}

function isAnswered(standing: Standing, freshness: Freshness, moment: Moment): boolean {
  return (
    (standing.answeredAtMs >= moment.beganMs || freshness.keepsAnswers) &&
    standing.answeredAtMs > Number.NEGATIVE_INFINITY &&
    isWithin(standing.askedAtMs, standing.askedAtWallMs, freshness, moment)
  );
}

/**
 * Whether an instant is at most `maxStalenessMs` ago by both clocks. The monotonic clock may have stopped while the
 * machine was suspended; the wall clock may have been set. If they drift apart by more than that bound, neither is
 * trusted.
 */
function isWithin(monotonicMs: number, wallMs: number, { maxStalenessMs }: Freshness, moment: Instant): boolean {
  const passedMs = moment.monotonicMs - monotonicMs;
  const passedWallMs = moment.wallMs - wallMs;
  return passedMs <= maxStalenessMs && passedWallMs <= maxStalenessMs && passedWallMs >= passedMs - maxStalenessMs;
}

/**
 * How long ago the moment was up to which the feed has reported every change, in milliseconds by the clock that says more.
 * `Infinity` if there was none, or if the wall clock was set back so far that {@link isWithin} trusts neither clock.
 */
export function feedAgeMs({ heardUpToMs, heardUpToWallMs, maxStalenessMs }: Freshness, now: Instant): number {
  const passedMs = now.monotonicMs - heardUpToMs;
  const passedWallMs = now.wallMs - heardUpToWallMs;
  return passedWallMs < passedMs - maxStalenessMs ? Number.POSITIVE_INFINITY : Math.max(0, passedMs, passedWallMs);
}
