import type { DatabaseSync } from 'node:sqlite';
import type { Account, AccountChange, AccountVersion } from '../../../accounts/account.ts';
import { accountNameKey, accountNameKeys, changeAccount, hasScopes } from '../../../accounts/account.ts';
import type { AddTerms, ChangeTerms } from '../../../accounts/account-store.ts';
import type { RevocationEntry } from '../../../revocation-set/entry.ts';
import { asNumber } from '../database/rows.ts';
import { change } from '../database/statement.ts';
import { toAccount } from '../records.ts';
import { raiseRevocationMark, writeRevocation } from './revocation-writes.ts';

export function addAccount(database: DatabaseSync, account: Account, terms: AddTerms): boolean {
  const { onlyFirst = false, onlyIf } = terms;
  if (onlyIf !== undefined && !accountStands(database, onlyIf)) return false;
  if (isTaken(database, account)) return false;
  const { id, name, email, passwordHash, scopes, disabled, createdAtSeconds, version } = account;
  const texts = [id, name, accountNameKey(name), email ?? null, emailKey(account), passwordHash];
  return (
    change(
      database,
      `INSERT INTO account (id, name, name_key, email, email_key, password_hash, scopes, disabled, created_at, version)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM account WHERE ?)`,
      [...texts, JSON.stringify(scopes), disabled ? 1 : 0, createdAtSeconds, version, onlyFirst ? 1 : 0],
    ) > 0
  );
}

export function updateAccount(
  database: DatabaseSync,
  id: string,
  changes: AccountChange,
  { mark, onlyIf, ifScopes }: ChangeTerms,
): boolean {
  const row = database.prepare('SELECT * FROM account WHERE id = ?').get(id);
  if (row === undefined || (onlyIf !== undefined && !accountStands(database, onlyIf))) return false;
  const standing = toAccount(row);
  const account = changeAccount(standing, changes, mark !== undefined);
  if (!hasScopes(standing, ifScopes) || isTaken(database, account)) return false;
  const { email, passwordHash, scopes, disabled, version } = account;
  change(
    database,
    `UPDATE account SET email = ?, email_key = ?, password_hash = ?, scopes = ?, disabled = ?, version = ?
     WHERE id = ?`,
    [email ?? null, emailKey(account), passwordHash, JSON.stringify(scopes), disabled ? 1 : 0, version, id],
  );
  // The transaction has the write lock, so this time is later than every token that was recorded under the old version.
  const times = { nowSeconds: Date.now() / 1000, newestTokenSeconds: newestTokenSeconds(database, id) };
  return mark === undefined || raiseRevocationMark(database, mark, times);
}

/** Whether the account is as it was known, and not disabled. */
export function accountStands(database: DatabaseSync, { id, version }: AccountVersion): boolean {
  const sql = 'SELECT 1 FROM account WHERE id = ? AND version = ? AND disabled = 0';
  return database.prepare(sql).get(id, version) !== undefined;
}

function newestTokenSeconds(database: DatabaseSync, accountId: string): number {
  const row = database.prepare('SELECT ifnull(max(created_at), 0) AS newest FROM token WHERE account_id = ?');
  return asNumber(row.get(accountId), 'newest');
}

export function removeAccount(
  database: DatabaseSync,
  id: string,
  mark: RevocationEntry,
  onlyIf: AccountVersion | undefined,
): boolean {
  if (onlyIf !== undefined && !accountStands(database, onlyIf)) return false;
  return change(database, 'DELETE FROM account WHERE id = ?', [id]) > 0 && writeRevocation(database, mark);
}

/** Whether another account is found by one of its spellings. */
function isTaken(database: DatabaseSync, account: Account): boolean {
  const holders = database.prepare('SELECT id FROM account WHERE name_key = ?1 OR email_key = ?1');
  return [...accountNameKeys(account)].some((key) => holders.all(key).some(({ id }) => id !== account.id));
}

function emailKey({ email }: Account): string | null {
  return email === undefined ? null : accountNameKey(email);
}
