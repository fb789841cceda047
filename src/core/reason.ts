/** Why a request is denied: a closed list. Two of them are for conditions on routes, `condition_failed` and `step_up_required`. */
export const REASONS = [
  'credentials_required',
  'invalid_request',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'credentials_invalid',
  'scope_required',
  'condition_failed',
  'step_up_required',
  'route_denied',
  'path_rejected',
  'too_many_attempts',
  'unavailable',
] as const;

export type Reason = (typeof REASONS)[number];
