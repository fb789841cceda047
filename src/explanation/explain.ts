import { statusOf } from '../core/answer.ts';
import type { Decision } from '../core/decision.ts';
import type { Clock, Decider } from '../core/ports.ts';
import type { Reason } from '../core/reason.ts';
import type { AccessRequest } from '../core/request.ts';
import { isEnded } from '../core/standing.ts';
import { timeOf } from '../lib/time-format.ts';
import { printable, shown } from '../lib/wording.ts';
import type { RevocationReader } from '../revocation-set/checked-revocations.ts';
import type { Step } from './decision-steps.ts';
import { denialOf, stepsOf } from './decision-steps.ts';
import { entryText } from './entry-text.ts';
import { MEANINGS } from './reason-meanings.ts';

/** Why a request is decided so: what `sallyport explain --json` prints and `POST /explain` answers. */
export interface Explanation {
  readonly outcome: 'allow' | 'deny';
  /** Why it is denied, or would be if shadow mode did not let it pass. */
  readonly reason?: Reason;
  /** Whether it passes in shadow mode only. */
  readonly shadow?: true;
  /** The HTTP status of a denial. */
  readonly status?: number;
  /** The pattern of the route that matched. */
  readonly route?: string;
  readonly steps: readonly Step[];
  /** The entries of the revocation set that ended the credential, in words. */
  readonly entries: readonly string[];
  /** What was decided, what it means and what to do, one sentence or more each. */
  readonly conclusion: readonly string[];
}

export interface ExplainParts {
  /** Decides as a gateway's listener would. It must observe nothing and note no use. */
  readonly decider: Decider;
  readonly revocations: RevocationReader;
  readonly status: LossStatus;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

/** Whether the revocation set is lost. */
interface LossStatus {
  readonly lostSinceSeconds: number | undefined;
}

/** Decides a request and says why it is decided so, in text that no terminal obeys. Rejects if an entry that ended the credential cannot be read. */
export async function explainRequest(
  request: AccessRequest,
  { decider, revocations, status, clock, clockSkewMs }: ExplainParts,
): Promise<Explanation> {
  const decision = await decider.decide(request);
  const nowMs = clock.wallMs();
  const denial = denialOf(decision);
  const { route } = decision.outcome === 'deny' ? decision : { route: decision.route ?? denial?.route };
  return {
    outcome: decision.outcome,
    ...(denial === undefined ? {} : { reason: denial.reason }),
    ...(decision.outcome === 'allow' && denial !== undefined ? { shadow: true } : {}),
    ...(decision.outcome === 'deny' ? { status: statusOf(decision.reason) } : {}),
    ...(route === undefined ? {} : { route: route.pattern }),
    steps: stepsOf(decision, { nowMs, clockSkewMs, timeOf, shown }).map((step) => ({
      ...step,
      words: printable(step.words),
    })),
    entries: (await entriesOf(decision, revocations, nowMs)).map(printable),
    conclusion: conclusionOf(decision, status),
  };
}

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
export function conclusionOf(decision: Decision, { lostSinceSeconds }: LossStatus): readonly string[] {
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
