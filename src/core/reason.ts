/** Why a request is denied: the closed list of contract section 2, and the two of conditions on routes. */
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
