import type { VerifiedCredential } from './credential/verified-credential.ts';
import type { Instant, Moment } from './request.ts';
import type { Freshness, Standing } from './standing.ts';
import { feedAgeMs, isEnded, isHeard } from './standing.ts';

/**
 * How long the caller may keep an allow that rests on this credential, in whole milliseconds from when it sent the
 * request; 0: it must ask each time. No kept answer is then used later than `maxStalenessMs` after the moment up to
 * which the feed has reported every revocation.
 *
 * The time ends with the shortest of these: `keepMs` of the freshness, the rest of `maxStalenessMs` by the stricter
 * clock, the credential's own end, its next verification, and the beginning of an entry that is yet to apply. It is 0 if
 * the feed does not vouch for each entry: an answer of the store says nothing of what follows it. A password is
 * never kept, because its answers carry a notice; nor is what an issuer forbids to cache, nor a token that each request
 * must prove to possess.
 *
 * @param endMs Unix milliseconds at which the answer ends by itself: `endOfAllow` of its route.
 */
export function keepTime(
  credential: VerifiedCredential,
  freshness: Freshness,
  moment: Moment,
  endMs = Number.POSITIVE_INFINITY,
): number {
  if (freshness.keepMs === 0 || isNeverKept(credential)) return 0;
  const freshMs = freshness.maxStalenessMs - Math.max(0, feedAgeMs(freshness, moment));
  return whole(Math.min(freshness.keepMs, freshMs, endMs - moment.wallMs, restMs(credential, freshness, moment)));
}

/** The longest time for which a caller may keep an allow although it follows the revocation set. */
export const LONGEST_WATCHED_MS = 60_000;

/**
 * How long a caller that follows the revocation set may keep an allow that rests on this credential, as long as no entry
 * changes that could end it: like {@link keepTime}, but for as long as the caller knows that. Does not depend on `keepMs`,
 * since the caller learns of a revocation as early as this instance does. 0 if the credential has ended meanwhile.
 *
 * @param endMs like that of {@link keepTime}.
 */
export function watchedKeepTime(
  credential: VerifiedCredential,
  freshness: Freshness,
  now: Instant,
  endMs = Number.POSITIVE_INFINITY,
): number {
  const { standings, issuedAtSeconds } = credential;
  const isEndedNow = standings.some((standing) => isEnded(standing, issuedAtSeconds, now.wallMs));
  if (isEndedNow || isNeverKept(credential)) return 0;
  return whole(Math.min(LONGEST_WATCHED_MS, endMs - now.wallMs, restMs(credential, freshness, now)));
}

function isNeverKept({ identity, uncacheable, binding }: VerifiedCredential): boolean {
  return identity.scheme === 'basic' || uncacheable === true || binding !== undefined;
}

/** Until when the credential lasts by itself, in milliseconds; 0 if the feed does not vouch for each entry. */
function restMs(credential: VerifiedCredential, freshness: Freshness, now: Instant): number {
  const { validUntilMs, reverifyAt, standings, issuedAtSeconds } = credential;
  const { monotonicMs, wallMs } = now;
  let leftMs = validUntilMs - wallMs;
  if (reverifyAt !== undefined) {
    leftMs = Math.min(leftMs, reverifyAt.monotonicMs - monotonicMs, reverifyAt.wallMs - wallMs);
  }
  for (const standing of standings) {
    if (!isHeard(standing, freshness, now)) return 0;
    leftMs = Math.min(leftMs, beginMs(standing, issuedAtSeconds) - wallMs);
  }
  return leftMs;
}

/** Written so that a figure which is no number keeps nothing. */
function whole(ms: number): number {
  return ms > 0 ? Math.floor(ms) : 0;
}

/** Unix milliseconds from which an entry ends a token that it does not end yet; `Infinity` for one that it never ends. */
function beginMs({ marked, issuedUpToSeconds, fromSeconds }: Standing, issuedAtSeconds: number): number {
  return marked && issuedAtSeconds <= issuedUpToSeconds ? fromSeconds * 1000 : Number.POSITIVE_INFINITY;
}
