/** One entry of the revocation set; its layout is public (contract section 5). */
export interface RevocationEntry {
  readonly key: string;
  /** For a `notbefore` key the mark in Unix seconds, as decimal digits; otherwise JSON or `after:<unix>`. */
  readonly value: string;
  /**
   * Unix seconds from which no clock takes the token for valid; `undefined` for never. The store keeps the entry for
   * {@link ENTRY_GRACE_SECONDS} more.
   */
  readonly expiresAtSeconds: number | undefined;
}

/**
 * How long an entry stays after its expiry, at least: clocks differ, and an entry that is gone revokes nothing. In
 * seconds.
 */
export const ENTRY_GRACE_SECONDS = 86_400;

/** Who ended a token, when (Unix seconds) and why: the value of an entry that we write. */
export interface Attribution {
  readonly at: number;
  readonly by: string;
  readonly reason?: string | undefined;
  /** Where no record of the token was found. */
  readonly unrecorded?: true;
}

/** Any later is no time that a clock will show: the end of the year 9999. */
export const END_OF_CLOCKS = 253_402_300_799;

/** The value of an entry that counts at once. */
export function writeAttribution({ unrecorded, ...reason }: Attribution): string {
  return JSON.stringify({ ...reason, unrecorded });
}

/** Whether the value is that of an entry for a token without a record: told without a parser, for many at once. */
export function isUnrecorded(value: string): boolean {
  return value.endsWith(',"unrecorded":true}');
}

/** The value of an entry that counts from a Unix second on. */
export function writeBeginning(atSeconds: number): string {
  return `after:${atSeconds}`;
}

/** What the value of an entry says of who ended the token, when and why; by hand it may be anything. */
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
 * When the entry of a token may be forgotten: once nobody's clock can still take the token for valid.
 * Unix seconds; `undefined`, for never, where the token's end is unknown, or so far off that it might be.
 */
export function entryExpirySeconds(tokenExpiresAtSeconds: number | undefined, clockSkewMs: number): number | undefined {
  if (tokenExpiresAtSeconds === undefined || tokenExpiresAtSeconds > END_OF_CLOCKS) return undefined;
  return Math.ceil(tokenExpiresAtSeconds + (2 * clockSkewMs) / 1000) + 60;
}
