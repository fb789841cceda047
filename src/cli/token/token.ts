import { defineGroup } from '../command-definition.ts';
import { issueToken } from './issue.ts';
import { listTokens } from './list.ts';
import { revokeTokens } from './revoke.ts';
import { unrevokeToken } from './unrevoke.ts';

/** Lists and revokes in the store, whether Sallyport runs on it or not. */
export const token = defineGroup('token', {
  summary: 'issue or list tokens; revoke one, or those of a subject, a key or an issuer; take a revocation back',
  actions: { issue: issueToken, list: listTokens, revoke: revokeTokens, unrevoke: unrevokeToken },
});
