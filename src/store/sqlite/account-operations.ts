import type { DatabaseSync } from 'node:sqlite';
import { accountNameKey, accountNameKeys, changeAccount } from '../account-name.ts';
import type { Account, AccountChange, AccountMark, RevocationEntry } from '../store.ts';
import { toAccount } from './records.ts';
import { raiseRevocationMark, writeRevocation } from './revocation-operations.ts';
import { change } from './statement.ts';

export function addAccount(database: DatabaseSync, account: Account, onlyFirst: boolean): boolean {
  if (isTaken(database, account)) return false;
  const { id, name, email, passwordHash, scopes, disabled, createdAtSeconds } = account;
  const texts = [id, name, accountNameKey(name), email ?? null, emailKey(account), passwordHash];
  return (
    change(
      database,
      `INSERT INTO account (id, name, name_key, email, email_key, password_hash, scopes, disabled, created_at)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM account WHERE ?)`,
      [...texts, JSON.stringify(scopes), disabled ? 1 : 0, createdAtSeconds, onlyFirst ? 1 : 0],
    ) > 0
  );
}

export function updateAccount(
  database: DatabaseSync,
  id: string,
  changes: AccountChange,
  mark: AccountMark | undefined,
): boolean {
  const row = database.prepare('SELECT * FROM account WHERE id = ?').get(id);
  if (row === undefined) return false;
  const account = changeAccount(toAccount(row), changes);
  if (isTaken(database, account)) return false;
  const { email, passwordHash, scopes, disabled } = account;
  change(
    database,
    'UPDATE account SET email = ?, email_key = ?, password_hash = ?, scopes = ?, disabled = ? WHERE id = ?',
    [email ?? null, emailKey(account), passwordHash, JSON.stringify(scopes), disabled ? 1 : 0, id],
  );
  return mark === undefined || raiseRevocationMark(database, mark);
}

export function removeAccount(database: DatabaseSync, id: string, mark: RevocationEntry): boolean {
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
