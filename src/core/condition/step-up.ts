import type { VerifiedCredential } from '../credential/verified-credential.ts';

/** How a caller must have authenticated (RFC 9470). */
export interface StepUp {
  /** `acr` must be one of these, the preferred first; `undefined` for any. Never empty. */
  readonly acr: readonly string[] | undefined;
  /** How long ago it may have been; `undefined` for any time. */
  readonly authAge: AuthAge | undefined;
}

/** How old an authentication may be. */
export interface AuthAge {
  readonly atMostSeconds: number;
  /** How far the clock of the issuer may be off: added to the age once, and the most that `auth_time` may lie ahead. */
  readonly clockSkewMs: number;
}

/** The claims that it reads, by their keys. */
export const ACR = 'acr';
export const AUTH_TIME = 'auth_time';

/** Which requirement a credential does not meet now. @param nowMs Unix milliseconds. */
export function failedStepUp(
  { acr, authAge }: StepUp,
  { claims }: VerifiedCredential,
  nowMs: number,
): 'acr' | 'auth_time' | undefined {
  if (acr !== undefined) {
    const found = claims?.get(ACR);
    if (typeof found !== 'string' || !acr.includes(found)) return 'acr';
  }
  return authAge === undefined || isRecent(authAge, claims?.get(AUTH_TIME), nowMs) ? undefined : 'auth_time';
}

/**
 * Unix milliseconds from which the credential no longer meets the requirement by age alone; `Infinity` without one.
 * `-Infinity` if it never did.
 */
export function authAgeEndMs(authAge: AuthAge | undefined, { claims }: VerifiedCredential): number {
  if (authAge === undefined) return Number.POSITIVE_INFINITY;
  const authTime = claims?.get(AUTH_TIME);
  return isTime(authTime) ? endMs(authAge, authTime) : Number.NEGATIVE_INFINITY;
}

/** An authentication in the future would stay recent for longer than it may. */
function isRecent(authAge: AuthAge, authTime: unknown, nowMs: number): boolean {
  if (!isTime(authTime)) return false;
  return nowMs < endMs(authAge, authTime) && authTime * 1000 <= nowMs + authAge.clockSkewMs;
}

/** Like `exp`, the age ends with its last second, clock skew included. */
function endMs({ atMostSeconds, clockSkewMs }: AuthAge, authTime: number): number {
  return (authTime + atMostSeconds) * 1000 + clockSkewMs;
}

function isTime(claim: unknown): claim is number {
  return typeof claim === 'number' && Number.isFinite(claim);
}

/** The parameters of a challenge that ask for such an authentication (RFC 9470, section 3). */
export function stepUpParameters({ acr, authAge }: StepUp): string {
  const values = acr === undefined ? '' : `, acr_values="${acr.join(' ')}"`;
  return authAge === undefined ? values : `${values}, max_age="${authAge.atMostSeconds}"`;
}
