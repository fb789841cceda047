import type { FieldError } from '../../core/answer.ts';

/** The problems of the HTTP doors, besides the reasons of denials. */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'Bad Request' },
  invalid_body: { status: 400, title: 'Bad Request' },
  invalid_query: { status: 400, title: 'Bad Request' },
  invalid_signature: { status: 400, title: 'Bad Request' },
  invalid_idempotency_key: { status: 400, title: 'Bad Request' },
  not_found: { status: 404, title: 'Not Found' },
  method_not_allowed: { status: 405, title: 'Method Not Allowed' },
  request_timeout: { status: 408, title: 'Request Timeout' },
  conflict: { status: 409, title: 'Conflict' },
  request_in_progress: { status: 409, title: 'Conflict' },
  too_large: { status: 413, title: 'Content Too Large' },
  unsupported_media_type: { status: 415, title: 'Unsupported Media Type' },
  idempotency_key_reused: { status: 422, title: 'Unprocessable Content' },
  headers_too_large: { status: 431, title: 'Request Header Fields Too Large' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Why a request has no result, apart from a denial. */
export interface Problem {
  readonly outcome: 'problem';
  readonly code: ProblemCode;
  readonly message: string;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number;
}

export function failed(code: ProblemCode, message: string, errors?: readonly FieldError[]): Problem {
  return { outcome: 'problem', code, message, errors };
}
