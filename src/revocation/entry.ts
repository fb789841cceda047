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
