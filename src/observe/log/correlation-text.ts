import type { AccessRequest } from '../../core/request.ts';
import { readTraceParent } from '../tracing/traceparent.ts';
import { HIDDEN } from './request-text.ts';

/** What gateways and clients use: UUIDs, ULIDs, the ids of cloud load balancers. Nothing that another log must escape. */
const REQUEST_ID = /^[\w.~:;=@+/-]{1,128}$/;

/** The names by which other systems know a request, for one line of a log. */
export interface CorrelationText {
  /** `…` if it is longer than 128 characters, or has one that is in no usual request id. */
  readonly requestId?: string;
  /** 32 hex digits; absent if `traceparent` is not valid, which all must ignore then (section 4.3). */
  readonly traceId?: string;
}

/** Reads and bounds what a client may have written. */
export function correlationText({ requestId, traceparent }: AccessRequest): CorrelationText {
  const traceId = readTraceParent(traceparent)?.traceId;
  return {
    ...(requestId === undefined || requestId === ''
      ? {}
      : { requestId: REQUEST_ID.test(requestId) ? requestId : HIDDEN }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}
