import { spanOf } from '../../../lib/time-format.ts';
import type { Config, DecisionPointConfig } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { readAccess } from '../issuers/key-server.ts';
import type { WrittenDecisionPoint } from './decision-point-schema.ts';
import { decisionPointsSchema } from './decision-point-schema.ts';

/** The longest wait for an answer by default. */
const DEFAULT_TIMEOUT_MS = 50;

/** The settings that bound a decision point; `undefined` for one that is invalid. */
export interface DecisionPointLimits {
  readonly timeouts: Config['timeouts'] | undefined;
  readonly revocation: Config['revocation'] | undefined;
}

/** Reads the policy decision points; `undefined` if one of them is malformed. */
export function readDecisionPoints(draft: Draft, limits: DecisionPointLimits): Config['decisionPoints'] | undefined {
  const written = draft.read(['decisionPoints'], decisionPointsSchema);
  if (written === undefined) return undefined;
  return new Map(Object.entries(written).map(([name, point]) => [name, readPoint(draft, name, point, limits)]));
}

function readPoint(
  draft: Draft,
  name: string,
  written: WrittenDecisionPoint,
  { timeouts, revocation }: DecisionPointLimits,
): DecisionPointConfig {
  const path = ['decisionPoints', name];
  const { url, timeout, cache: cacheMs, claims = [], subjectType } = written;
  const longestMs = timeouts?.decisionMs ?? Number.POSITIVE_INFINITY;
  if (timeout !== undefined && timeout > longestMs) {
    draft.refuse([...path, 'timeout'], `must be at most timeouts.decision, which is ${spanOf(longestMs)}`);
  }
  const staleMs = revocation?.maxStalenessMs ?? Number.POSITIVE_INFINITY;
  if (cacheMs > staleMs) {
    draft.refuse([...path, 'cache'], `must be at most revocation.maxStaleness, which is ${spanOf(staleMs)}`);
  }
  const access = readAccess(draft, path, written, { url, urlPath: [...path, 'url'] });
  return {
    name,
    url,
    access,
    timeoutMs: timeout ?? Math.min(DEFAULT_TIMEOUT_MS, longestMs),
    cacheMs,
    claims,
    subjectType,
  };
}
