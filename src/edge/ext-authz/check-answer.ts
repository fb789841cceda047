import type { Decision } from '../../core/decision.ts';
import type { NamedClaim, ShownHeaders, UpstreamHeaderWriter } from '../../core/upstream/upstream-headers.ts';
import type { ResponseFields } from '../basic-notice.ts';
import { encodeDecision } from './encode.ts';
import type { CheckResponse } from './messages.ts';

/** A longer answer is not kept. `verification/token-cache` counts what is kept. */
const MAX_KEPT_BYTES = 4_096;

/** What one configuration says about answers. */
export interface AnswerParts {
  /** Made anew for each configuration. */
  readonly headers: UpstreamHeaderWriter;
  /** The claims that the dynamic metadata carries. */
  readonly metadata?: readonly NamedClaim[] | undefined;
  readonly serialize: (response: CheckResponse) => Buffer;
}

/**
 * Encodes a check response to bytes. If an allow depends on nothing but the credential and the configuration, its bytes are
 * kept with the credential: to encode them costs more than the decision. The caller must not change them.
 */
export function answerCheck(
  decision: Decision,
  { headers, metadata, serialize }: AnswerParts,
  shown: ShownHeaders,
  notice: ResponseFields = [],
): Buffer {
  const upstream = isUsual(decision, shown, notice) ? decision.credential?.upstream : undefined;
  const kept = upstream?.answer;
  if (kept !== undefined && kept.by === headers && kept.token === upstream?.token) {
    return kept.bytes;
  }
  const bytes = serialize(encodeDecision(decision, headers, shown, notice, metadata));
  if (upstream !== undefined && bytes.length <= MAX_KEPT_BYTES) {
    // A copy with memory of its own: that of the encoder is a part of a pool, all of which would stay in memory.
    const own = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(own);
    upstream.answer = { by: headers, token: upstream.token, bytes: own };
  }
  return bytes;
}

/** Whether the answer to a decision is the same for every request with its credential. */
function isUsual(decision: Decision, { complete, disguised }: ShownHeaders, notice: ResponseFields) {
  return (
    decision.outcome === 'allow' &&
    decision.shadowed === undefined &&
    decision.preflight === undefined &&
    decision.stripped === undefined &&
    decision.keepMs === 0 &&
    complete &&
    disguised.length === 0 &&
    notice.length === 0
  );
}
