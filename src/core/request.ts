import type { Instant } from './instant.ts';

/** The listeners that turn the outside world's requests into an {@link AccessRequest}. */
export type Door = 'ext-authz' | 'tokens';

/**
 * One question, "may this pass, and as whom?", as every door asks it.
 * Nothing in it has been decoded, normalised or trusted.
 */
export interface AccessRequest {
  readonly door: Door;
  /** As on the wire; methods are case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** The authority as the client sent it, port and letter case included; may be empty. */
  readonly host: string;
  /** The request target with its query string, percent-encoding untouched. */
  readonly path: string;
  /** The Authorization field value; several fields arrive joined by commas (RFC 9110, section 5.3). */
  readonly authorization: string | undefined;
  /** `Origin` or a `Sec-Fetch-*` field was present: never challenged with Basic, which would open a log-in box. */
  readonly fromBrowser: boolean;
  /** The client's address, as far as a trusted proxy tells it; found out only where somebody asks. */
  readonly client?: ClientAddress | undefined;
}

/** `undefined` where nobody knows. */
export type ClientAddress = () => string | undefined;

/** The instant of one call of `authorize`: `exp` and marks are compared with the wall clock, freshness with both. */
export interface Moment extends Instant {
  /** {@link monotonicMs} when this decision began, before any wait. */
  readonly beganMs: number;
  /** `false` once the time or the attempts are used up: what is unknown then is `unavailable`. */
  readonly mayAsk: boolean;
}
