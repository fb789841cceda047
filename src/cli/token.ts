import { defineGroup } from './command-definition.ts';
import { listTokens } from './token-list.ts';
import { revokeTokens } from './token-revoke.ts';
import { unrevokeToken } from './token-unrevoke.ts';

/** Lists and revokes in the store, whether Sallyport runs on it or not. */
export const token = defineGroup('token', {
  summary: 'list tokens; revoke one, or those of a subject, a key or an issuer; take a revocation back',
  actions: { list: listTokens, revoke: revokeTokens, unrevoke: unrevokeToken },
});
