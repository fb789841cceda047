import type { AnyCall } from './call.ts';
import { issueAccessToken, refreshAccessToken, revokeAccessToken } from './calls/access-tokens.ts';
import { addAccount, changeAccount, listAccounts, removeAccount, showAccount } from './calls/accounts.ts';
import { getKeySet } from './calls/key-set.ts';
import { reportLeaks } from './calls/leaks.ts';
import { logIn } from './calls/log-in.ts';
import { serverMetadata } from './calls/metadata.ts';
import { introspect, revokePresented } from './calls/oauth.ts';
import { changePassword } from './calls/password.ts';
import { createPrivateToken, listTokens, revokeToken, rotateToken, showToken } from './calls/private-tokens.ts';
import { revoke } from './calls/revocations.ts';
import { listScopes } from './calls/scopes.ts';

/** Every call of the token service. */
export const CALLS: readonly AnyCall[] = [
  issueAccessToken,
  refreshAccessToken,
  revokeAccessToken,
  logIn,
  createPrivateToken,
  listTokens,
  showToken,
  rotateToken,
  revokeToken,
  listScopes,
  revoke,
  reportLeaks,
  revokePresented,
  introspect,
  serverMetadata,
  getKeySet,
  listAccounts,
  addAccount,
  showAccount,
  changeAccount,
  removeAccount,
  changePassword,
];
