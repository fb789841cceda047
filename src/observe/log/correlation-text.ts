import type { AccessRequest } from '../../core/request.ts';
import { HIDDEN } from './request-text.ts';

/** What gateways and clients use: UUIDs, ULIDs, the ids of cloud load balancers. Nothing that another log must escape. */
const REQUEST_ID = /^[\w.~:;=@+/-]{1,128}$/;
/** W3C Trace Context, section 3.2.2. A later version may add fields; version ff is none. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:$|-)/;
const MAX_TRACEPARENT = 512;
const ONLY_ZEROS = /^0+$/;

/** The names by which other systems know a request, for one line of a log. */
export interface CorrelationText {
  /** `…` if it is longer than 128 characters, or has one that is in no usual request id. */
  readonly requestId?: string;
  /** 32 hex digits; absent if `traceparent` is not valid, which all must ignore then (section 4.3). */
  readonly traceId?: string;
}

/** Reads and bounds what a client may have written. */
export function correlationText({ requestId, traceparent }: AccessRequest): CorrelationText {
  const traceId = traceparent === undefined ? undefined : traceIdOf(traceparent);
  return {
    ...(requestId === undefined || requestId === ''
      ? {}
      : { requestId: REQUEST_ID.test(requestId) ? requestId : HIDDEN }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

function traceIdOf(traceparent: string): string | undefined {
  if (traceparent.length > MAX_TRACEPARENT) return undefined;
  const [, traceId, parentId] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (traceparent.startsWith('00') && traceparent.length > 55) return undefined;
  return ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(parentId) ? undefined : traceId;
}
