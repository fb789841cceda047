import type { Decider } from '../../core/ports.ts';
import type { IssueToken } from '../../tokens/issue-token.ts';
import type { RevokeToken } from '../../tokens/revoke-token.ts';

/** What stands behind the calls; a reload replaces it. */
export interface TokenServices {
  /** Admits callers, by the routes that the calls make. */
  readonly decider: Decider;
  readonly issueToken: IssueToken;
  readonly revokeToken: RevokeToken;
}
