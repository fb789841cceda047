import { ALL_ANY } from '../core/scope.ts';
import { wasDecoded, withoutNewline } from '../lib/utf8.ts';
import type { Accounts } from './accounts.ts';

/**
 * Creates the first account from `SALLYPORT_ACCOUNT=name:password` if the store holds no account. A line break at the
 * end is not part of the password. Never changes an existing account. Rejects if the variable does not describe a valid
 * account; the message does not quote the value.
 */
export async function createFirstAccount(accounts: Accounts, env: NodeJS.ProcessEnv): Promise<void> {
  const value = withoutNewline(env['SALLYPORT_ACCOUNT'] ?? '');
  if (value === '') return;
  if (!wasDecoded(value)) throw new Error('SALLYPORT_ACCOUNT: must be valid UTF-8');
  const colon = value.indexOf(':');
  if (colon < 1) throw new Error('SALLYPORT_ACCOUNT: expected name:password');
  if ((await accounts.list()).length > 0) return;
  const account = { name: value.slice(0, colon), password: value.slice(colon + 1), scopes: [ALL_ANY, 'tokens:manage'] };
  const added = await accounts.addFirst(account);
  if ('outcome' in added && (await accounts.list()).length === 0) {
    throw new Error(`SALLYPORT_ACCOUNT: ${added.message}`);
  }
}
