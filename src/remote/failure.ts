import { UnexpectedAnswer, UnexpectedStatus } from './fetch-text.ts';

/** The statuses of a gateway that cannot reach its server (RFC 9110, sections 15.6.3 to 15.6.5). */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);
const REFUSED: ReadonlySet<number> = new Set([401, 403]);

/**
 * Why an introspection request failed:
 * - `away`: the server could not be reached in time;
 * - `refused`: it refused our credentials, or uses the same status for tokens that it does not accept;
 * - `odd`: any other response that does not conform to RFC 7662. A request about another token may succeed.
 */
export type Failure = 'away' | 'refused' | 'odd';

/** Classifies the error of an introspection request. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof UnexpectedAnswer)) return 'away';
  if (!(error instanceof UnexpectedStatus)) return 'odd';
  return AWAY.has(error.status) ? 'away' : REFUSED.has(error.status) ? 'refused' : 'odd';
}
