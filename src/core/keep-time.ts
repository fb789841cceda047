import type { Moment } from './request.ts';
import type { Freshness, Standing } from './standing.ts';
import { isHeard } from './standing.ts';
import type { VerifiedCredential } from './verified-credential.ts';

/**
 * How long the caller may keep an allow that rests on this credential, in whole milliseconds from when it sent the
 * request; 0: it must ask each time. No kept answer is then used later than `maxStalenessMs` after the moment up to
 * which the feed has reported every revocation.
 *
 * The time ends with the shortest of these: `keepMs` of the freshness, the rest of `maxStalenessMs` by the stricter
 * clock, the credential's own end, its next verification, and the beginning of an entry that is yet to apply. It is 0 if
 * the feed does not vouch for each entry: an answer of the store says nothing of what follows it. A password is
 * never kept, because its answers carry a notice; nor is what an issuer forbids to cache.
 */
export function keepTime(credential: VerifiedCredential, freshness: Freshness, moment: Moment): number {
  if (freshness.keepMs === 0) return 0;
  if (credential.identity.scheme === 'basic' || credential.uncacheable === true) return 0;
  const { validUntilMs, reverifyAt, standings, issuedAtSeconds } = credential;
  const { monotonicMs, wallMs } = moment;
  let keptMs = Math.min(freshness.keepMs, freshForMs(freshness, moment), validUntilMs - wallMs);
  if (reverifyAt !== undefined) {
    keptMs = Math.min(keptMs, reverifyAt.monotonicMs - monotonicMs, reverifyAt.wallMs - wallMs);
  }
  for (const standing of standings) {
    if (!isHeard(standing, freshness, moment)) return 0;
    keptMs = Math.min(keptMs, beginMs(standing, issuedAtSeconds) - wallMs);
  }
  // Written so that a figure which is no number keeps nothing.
  return keptMs > 0 ? Math.floor(keptMs) : 0;
}

/** How long the feed's last proof still counts, by the stricter clock. */
function freshForMs({ maxStalenessMs, heardUpToMs, heardUpToWallMs }: Freshness, moment: Moment): number {
  return maxStalenessMs - Math.max(0, moment.monotonicMs - heardUpToMs, moment.wallMs - heardUpToWallMs);
}

/** Unix milliseconds from which an entry ends a token that it does not end yet; `Infinity` for one that it never ends. */
function beginMs({ marked, issuedUpToSeconds, fromSeconds }: Standing, issuedAtSeconds: number): number {
  return marked && issuedAtSeconds <= issuedUpToSeconds ? fromSeconds * 1000 : Number.POSITIVE_INFINITY;
}
