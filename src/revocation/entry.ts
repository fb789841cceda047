import type { Standing } from '../core/standing.ts';
import { isMarkKey } from './keys.ts';

/** Whom an entry of the revocation set ends, and from when (both Unix seconds). */
export type Reach = Pick<Standing, 'issuedUpToSeconds' | 'fromSeconds'>;

const UNIX_SECONDS = /^\d{1,15}$/;
const AFTER = /^after:(\d{1,15})$/;

/**
 * Reads an entry's value. Existence alone revokes; `after:<unix>` begins later; a not-before key holds its mark.
 * A mark that cannot be read ends everything: somebody meant to revoke and mistyped.
 */
export function readReach(key: string, value: string): Reach {
  if (isMarkKey(key)) {
    const issuedUpToSeconds = UNIX_SECONDS.test(value.trim()) ? Number(value) : Number.POSITIVE_INFINITY;
    return { issuedUpToSeconds, fromSeconds: Number.NEGATIVE_INFINITY };
  }
  const after = AFTER.exec(value.trim())?.[1];
  const fromSeconds = after === undefined ? Number.NEGATIVE_INFINITY : Number(after);
  return { issuedUpToSeconds: Number.POSITIVE_INFINITY, fromSeconds };
}

/** Who ended a token, when (Unix seconds) and why: the value of an entry that we write. */
export interface Reason {
  readonly at: number;
  readonly by: string;
  readonly reason?: string | undefined;
}

/** The value of an entry that counts at once. */
export function writeReason(reason: Reason): string {
  return JSON.stringify(reason);
}

/**
 * When the entry of a token may be forgotten: once nobody's clock can still take the token for valid.
 * Unix seconds; `undefined`, for never, where the token's end is unknown.
 */
export function entryExpirySeconds(tokenExpiresAtSeconds: number | undefined, clockSkewMs: number): number | undefined {
  if (tokenExpiresAtSeconds === undefined) return undefined;
  return Math.ceil(tokenExpiresAtSeconds + (2 * clockSkewMs) / 1000) + 60;
}
