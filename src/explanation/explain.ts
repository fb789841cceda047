import { statusOf } from '../core/answer.ts';
import type { Decision } from '../core/decision.ts';
import { isEnded } from '../core/standing.ts';
import { timeOf } from '../lib/time-format.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import { denialOf } from './decision-steps.ts';
import { entryText } from './entry-text.ts';
import { MEANINGS } from './reason-meanings.ts';

/**
 * The entries that ended the credential, one line each: when it was written, by whom and why. Empty where no entry did.
 * Rejects where the store cannot be read.
 *
 * @param nowMs Unix milliseconds.
 */
export async function entriesOf(
  decision: Decision,
  revocations: RevocationReader,
  nowMs: number,
): Promise<readonly string[]> {
  const denial = denialOf(decision);
  if (denial?.reason !== 'token_revoked' || denial.credential === undefined) return [];
  const { standings, issuedAtSeconds } = denial.credential;
  const keys = standings.filter((standing) => isEnded(standing, issuedAtSeconds, nowMs)).map(({ key }) => key);
  const values = await revocations.read(keys);
  return keys.map((key, index) => `${key}: ${entryText(key, values[index] ?? '')}`);
}

/** What was decided, what its reason means, and what to do where the revocation set is lost; one line each. */
export function conclusionOf(
  decision: Decision,
  { lostSinceSeconds }: { readonly lostSinceSeconds: number | undefined },
): readonly string[] {
  const { shadowed } = decision.outcome === 'allow' ? decision : {};
  const lines =
    decision.outcome === 'deny'
      ? [`denied: ${decision.reason}, ${statusOf(decision.reason)}`, MEANINGS[decision.reason]]
      : [shadowed === undefined ? 'allowed' : `allowed by shadow; would be ${shadowed.reason}`];
  return denialOf(decision)?.reason === 'unavailable' ? [...lines, ...lossOf(lostSinceSeconds)] : lines;
}

function lossOf(sinceSeconds: number | undefined): readonly string[] {
  if (sinceSeconds === undefined) return [];
  const since = timeOf(sinceSeconds * 1000);
  return [
    `the revocation set has been lost since ${since}: find out what it lacks, then run sallyport store accept-loss`,
  ];
}
