import { ALL_ANY } from '../core/scope.ts';
import { wasDecoded, withoutNewline } from '../lib/utf8.ts';
import type { Accounts } from './accounts.ts';

/**
 * The way in on a fresh machine: creates the account that `SALLYPORT_ACCOUNT=name:password` names where the store
 * holds none; a newline at its end is no part of the password. Never alters an account. Throws where the variable is set and no account can be made of it, without
 * quoting it.
 */
export async function createFirstAccount(accounts: Accounts, env: NodeJS.ProcessEnv): Promise<void> {
  const value = withoutNewline(env['SALLYPORT_ACCOUNT'] ?? '');
  if (value === '') return;
  if (!wasDecoded(value)) throw new Error('SALLYPORT_ACCOUNT: is not UTF-8 text');
  const colon = value.indexOf(':');
  if (colon < 1) throw new Error('SALLYPORT_ACCOUNT: expected name:password');
  if ((await accounts.list()).length > 0) return;
  const account = { name: value.slice(0, colon), password: value.slice(colon + 1), scopes: [ALL_ANY, 'tokens:manage'] };
  const added = await accounts.addFirst(account);
  if ('outcome' in added && (await accounts.list()).length === 0)
    throw new Error(`SALLYPORT_ACCOUNT: ${added.message}`);
}
