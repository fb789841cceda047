import { UnexpectedAnswer, UnexpectedStatus } from '../fetch-text.ts';

/** What a gateway in front of a server says when it cannot reach it (RFC 9110, sections 15.6.3 to 15.6.5). */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);
const REFUSED: ReadonlySet<number> = new Set([401, 403]);

/**
 * What became of a question that was not answered as RFC 7662 has it:
 * - `away`: the server could not be reached in time;
 * - `refused`: it does not take our credentials, or answers so about tokens that it does not like;
 * - `odd`: anything else. The server is there, and another token may fare better.
 */
export type Failure = 'away' | 'refused' | 'odd';

/** Sorts what a question rejected with. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof UnexpectedAnswer)) return 'away';
  if (!(error instanceof UnexpectedStatus)) return 'odd';
  return AWAY.has(error.status) ? 'away' : REFUSED.has(error.status) ? 'refused' : 'odd';
}
