import { statusOf } from '../../core/answer.ts';
import type { Reason } from '../../core/reason.ts';

/** The gRPC status codes for the HTTP status of a denial. None is 0, which is success. */
const CODES = { 400: 3, 401: 16, 403: 7, 429: 8, 503: 14 } as const;

export type DeniedCode = (typeof CODES)[keyof typeof CODES];

/** Returns the gRPC status code for a denial; PERMISSION_DENIED if there is none of its own. */
export function deniedCode(reason: Reason): DeniedCode {
  const status = statusOf(reason);
  return isDeniedStatus(status) ? CODES[status] : 7;
}

function isDeniedStatus(status: number): status is keyof typeof CODES {
  return Object.hasOwn(CODES, status);
}
