import * as z from 'zod';
import { describe } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { TransportConfig, TransportLimits } from '../../transport-config.ts';
import { transportMembers } from './transport-schema.ts';

const transportSchema = z.object(transportMembers);
type Written = z.output<typeof transportSchema>;

/** The members that say nothing about the other transport. */
const OF_FAST = ['limits', 'maxConnectionAge'] as const;
const SHORTEST_AGE_MS = 1_000;

/**
 * Reads how Envoy's calls are served.
 *
 * @param written the listener; `undefined` if it is written as its address alone.
 */
export function readTransport(draft: Draft, path: Path, written = transportSchema.parse({})): TransportConfig {
  const { transport, limits, maxConnectionAge } = written;
  if (transport === 'grpc-js') {
    for (const key of OF_FAST) {
      if (draft.valueAt([...path, key]) === undefined) continue;
      draft.refuse([...path, key], 'has no effect with transport: grpc-js; expected transport: fast, or no such key');
    }
    return { kind: transport };
  }
  if (maxConnectionAge > 0 && maxConnectionAge < SHORTEST_AGE_MS) {
    const age = [...path, 'maxConnectionAge'];
    draft.refuse(age, `expected 0s (never), or a duration from 1s to 24h, found ${describe(draft.valueAt(age))}`);
  }
  if (limits.heldBytes < limits.messageBytes) {
    refuseSmaller(draft, [...path, 'limits'], limits, 'messageBytes', 'heldBytes');
  } else if (limits.totalHeldBytes < limits.heldBytes) {
    refuseSmaller(draft, [...path, 'limits'], limits, 'heldBytes', 'totalHeldBytes');
  }
  return {
    kind: transport,
    limits: limitsOf(limits),
    maxConnectionAgeMs: maxConnectionAge === 0 ? Number.POSITIVE_INFINITY : maxConnectionAge,
  };
}

/** A check that does not fit into the memory for unfinished ones would end in an error, not in a denial. */
function refuseSmaller(
  draft: Draft,
  path: Path,
  limits: Written['limits'],
  part: 'messageBytes' | 'heldBytes',
  whole: 'heldBytes' | 'totalHeldBytes',
): void {
  const isWholeWritten = draft.valueAt([...path, whole]) !== undefined;
  const cure = isWholeWritten
    ? `at least ${part}, which is ${limits[part]}`
    : `at most ${whole}, which is ${limits[whole]}`;
  const what = part === 'messageBytes' ? 'a check of messageBytes' : 'what one connection may hold';
  draft.refuse([...path, isWholeWritten ? whole : part], `${what} must fit into ${whole}: expected ${cure}`);
}

function limitsOf({ prefaceTimeout, requestTimeout, sendTimeout, ...counts }: Written['limits']): TransportLimits {
  return { ...counts, prefaceMs: prefaceTimeout, requestMs: requestTimeout, sendMs: sendTimeout };
}
