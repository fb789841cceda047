import type { AccessRequest } from '../core/request.ts';

/** The names of a request in other systems' logs and traces. Both are what a client or a gateway wrote, unchecked. */
export type Correlation = Pick<AccessRequest, 'requestId' | 'traceparent'>;

export const REQUEST_ID = 'x-request-id';
/** Of W3C Trace Context. */
export const TRACEPARENT = 'traceparent';

/**
 * Reads the correlation of a call. Several fields of one name are joined by commas, so that none of them is preferred.
 *
 * @param fieldsOf returns the values of a header field or metadata entry by its lower-case name, if there are any.
 */
export function readCorrelation(fieldsOf: (name: string) => readonly unknown[] | undefined): Correlation {
  return { requestId: joined(fieldsOf(REQUEST_ID)), traceparent: joined(fieldsOf(TRACEPARENT)) };
}

function joined(values: readonly unknown[] | undefined): string | undefined {
  return values === undefined || values.length === 0 ? undefined : values.join(',');
}
