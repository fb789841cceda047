import type { ResponseFields } from '../basic-notice.ts';

/** No cache may keep the answer. */
export const NO_STORE: ResponseFields = [['cache-control', 'no-store']];

/** A cache that counts in seconds of the wall clock has nothing left of a shorter promise. */
const LEAST_STALENESS_MS = 3_000;

/**
 * The response fields that say how long nginx may keep an answer; other caches may not. nginx keeps an answer through the
 * whole second that `X-Accel-Expires` names, so the field names an earlier one. It is absolute, because nginx would count
 * a number of seconds from when the answer arrives. It stands first, because nginx then ignores `Cache-Control`.
 *
 * @param keepMs how long the answer may be kept from `askedAtMs` on; 0 for not at all.
 * @param askedAtMs Unix milliseconds, from before the decision.
 */
export function cacheFields(keepMs: number, askedAtMs: number, maxStalenessMs: number): ResponseFields {
  const expiresAtSeconds = Math.floor((askedAtMs + keepMs) / 1000) - 1;
  const isWorthwhile = keepMs > 0 && maxStalenessMs >= LEAST_STALENESS_MS && expiresAtSeconds * 1000 > askedAtMs;
  return isWorthwhile ? [['x-accel-expires', `@${expiresAtSeconds}`], ...NO_STORE] : NO_STORE;
}
