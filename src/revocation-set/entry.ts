/** One entry of the revocation set; its layout is public (contract section 5). */
export interface RevocationEntry {
  readonly key: string;
  /** For a `notbefore` key, the mark: Unix seconds in decimal digits. Otherwise JSON or `after:<unix>`. */
  readonly value: string;
  /**
   * Unix seconds from which the token is expired by every clock; `undefined` for never. The store keeps the entry for
   * {@link ENTRY_GRACE_SECONDS} longer.
   */
  readonly expiresAtSeconds: number | undefined;
}

/**
 * Minimum time, in seconds, that an entry stays in the store after its expiry. Clocks differ, and a missing entry
 * revokes nothing.
 */
export const ENTRY_GRACE_SECONDS = 86_400;

/** The value of an entry that Sallyport writes: who revoked, when (Unix seconds) and why. */
export interface Attribution {
  readonly at: number;
  readonly by: string;
  readonly reason?: string | undefined;
  /** Set if the store has no record of the token. */
  readonly unrecorded?: true;
}

/** The end of the year 9999 in Unix seconds. A later time is treated as no time. */
export const END_OF_CLOCKS = 253_402_300_799;

/** Returns the value of an entry that applies at once. */
export function writeAttribution({ unrecorded, ...reason }: Attribution): string {
  return JSON.stringify({ ...reason, unrecorded });
}

/** Whether the value belongs to an entry for a token without a record. Does not parse it, since it runs for many entries. */
export function isUnrecorded(value: string): boolean {
  return value.endsWith(',"unrecorded":true}');
}

/** Returns the value of an entry that applies from a Unix second on. */
export function writeBeginning(atSeconds: number): string {
  return `after:${atSeconds}`;
}

/** Reads who revoked, when and why from the value of an entry. A value that was written by hand may lack all of it. */
export function readAttribution(value: string): Partial<Attribution> {
  let written: unknown;
  try {
    written = JSON.parse(value);
  } catch {
    return {};
  }
  if (typeof written !== 'object' || written === null) return {};
  const { at, by, reason } = written as Partial<Record<keyof Attribution, unknown>>;
  return {
    ...(typeof at === 'number' && Math.abs(at) <= END_OF_CLOCKS ? { at } : {}),
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

/**
 * Returns when the entry of a token may expire, in Unix seconds: once the token is expired by every clock. `undefined`
 * (never) if the token's expiry is unknown or after {@link END_OF_CLOCKS}.
 */
export function entryExpirySeconds(tokenExpiresAtSeconds: number | undefined, clockSkewMs: number): number | undefined {
  if (tokenExpiresAtSeconds === undefined || tokenExpiresAtSeconds > END_OF_CLOCKS) return undefined;
  return Math.ceil(tokenExpiresAtSeconds + (2 * clockSkewMs) / 1000) + 60;
}
