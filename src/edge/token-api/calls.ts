import type { AnyCall } from './call.ts';
import { issueAccessToken, revokeAccessToken } from './calls/access-tokens.ts';

/** Every call of the token service. */
export const CALLS: readonly AnyCall[] = [issueAccessToken, revokeAccessToken];
