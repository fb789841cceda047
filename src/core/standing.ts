import type { Moment } from './request.ts';

/**
 * What this instance knows of one entry of the revocation set. Shared by every known credential that the entry
 * could end; the feed and the reader change it in place, so a decision only compares.
 */
export interface Standing {
  /** The entry's key in the store. */
  readonly key: string;
  /** Whether the entry is known to exist; that stays so, whatever the store says later, until an operator takes it back. */
  marked: boolean;
  /** When marked: tokens issued at or before this Unix second end; `Infinity` ends every token. */
  issuedUpToSeconds: number;
  /** When marked: the Unix second from which the entry counts; `-Infinity` once it does. */
  fromSeconds: number;
  /** The feed's epoch under which the entry was last read; {@link NO_EPOCH} before, and once it has changed since. */
  epoch: number;
  /** Monotonic milliseconds at which the question whose answer this is was sent. */
  askedAtMs: number;
  /** The same moment on the wall clock, in Unix milliseconds. */
  askedAtWallMs: number;
  /** Monotonic milliseconds at which that answer arrived; `-Infinity` where there is none that counts. */
  answeredAtMs: number;
}

/** No feed has this epoch. */
export const NO_EPOCH = -1;

/** What is known of an entry before it was read: nothing. */
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
 * How far "not revoked" may be trusted without asking, read from the clock at every decision.
 * Within one epoch the feed would have told of every change up to `heardUpToMs`.
 */
export interface Freshness {
  readonly epoch: number;
  /** Monotonic milliseconds up to which every change is known to have been heard; `Infinity` where the set is our own memory. */
  readonly heardUpToMs: number;
  /** The same moment on the wall clock, in Unix milliseconds. */
  readonly heardUpToWallMs: number;
  /** The promise: no older "not revoked" is ever trusted. */
  readonly maxStalenessMs: number;
  /** Whether an answer counts for that long too, and not only for the decisions that waited for it. */
  readonly keepsAnswers: boolean;
}

/** What a standing says of a token issued at `issuedAtSeconds` (`-Infinity` where it does not say). */
export type Verdict = 'revoked' | 'clear' | 'unknown';

/**
 * Revoked stays revoked, however old the knowledge is. "Not revoked" counts only where the feed would have said
 * otherwise, or where the store itself answered during this decision.
 *
 * | state of a standing | by | "not revoked" counts |
 * |---|---|---|
 * | unread | its making, a change, an eviction | never |
 * | answered | the store's answer | for decisions that began before the answer, until `maxStalenessMs` after the question |
 * | heard | that, and the feed unbroken since the question: the epochs are equal | until `maxStalenessMs` after the last beat was sent |
 * | marked | an answer that holds an entry | never, for the tokens that the entry reaches |
 *
 * `answered` and `heard` end by a change (`unread`); `heard` ends also by a new epoch, when the feed may have missed
 * something; `marked` ends only where an operator takes the entry back. Time is both clocks': see {@link isWithin}.
 */
export function judge(standing: Standing, issuedAtSeconds: number, freshness: Freshness, moment: Moment): Verdict {
  if (isEnded(standing, issuedAtSeconds, moment.wallMs)) return 'revoked';
  return isHeard(standing, freshness, moment) || isAnswered(standing, freshness, moment) ? 'clear' : 'unknown';
}

/**
 * Whether a standing is known to end a token issued at `issuedAtSeconds`; that needs no freshness. Once it has begun to,
 * it goes on, although the clock steps back past its beginning.
 */
export function isEnded(standing: Standing, issuedAtSeconds: number, wallMs: number): boolean {
  const ends =
    standing.marked && issuedAtSeconds <= standing.issuedUpToSeconds && wallMs >= standing.fromSeconds * 1000;
  if (ends) standing.fromSeconds = Number.NEGATIVE_INFINITY;
  return ends;
}

function isHeard(standing: Standing, freshness: Freshness, moment: Moment): boolean {
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
 * Whether a moment lies at most `maxStalenessMs` back by both clocks. The monotonic one may have stood still while the
 * machine was suspended; the wall clock may have been set. Where they drift apart by more than that bound, neither is
 * believed.
 */
function isWithin(monotonicMs: number, wallMs: number, { maxStalenessMs }: Freshness, moment: Moment): boolean {
  const passedMs = moment.monotonicMs - monotonicMs;
  const passedWallMs = moment.wallMs - wallMs;
  return passedMs <= maxStalenessMs && passedWallMs <= maxStalenessMs && passedWallMs >= passedMs - maxStalenessMs;
}
