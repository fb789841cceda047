import type { DatabaseSync } from 'node:sqlite';
import type { Account, AccountChange, AccountVersion } from '../../../accounts/account.ts';
import { accountNameKey, changeAccount, hasScopes } from '../../../accounts/account.ts';
import type {
  AccountAddition,
  AccountRemoval,
  AccountUpdate,
  AddTerms,
  ChangeTerms,
} from '../../../accounts/account-store.ts';
import type { RevocationEntry } from '../../../revocation-set/entry.ts';
import { asNumber } from '../database/rows.ts';
import { change } from '../database/statement.ts';
import { toAccount } from '../records.ts';
import { raiseRevocationMark, writeRevocation } from './revocation-writes.ts';

export function addAccount(database: DatabaseSync, account: Account, terms: AddTerms): AccountAddition {
  const { onlyFirst = false, onlyIf } = terms;
  if (onlyIf !== undefined && !isAccountUnchanged(database, onlyIf)) return { outcome: 'stale' };
  if (onlyFirst && database.prepare('SELECT 1 FROM account LIMIT 1').get() !== undefined) {
    return { outcome: 'not_first' };
  }
  const field = takenField(database, account);
  if (field !== undefined) return { outcome: 'taken', field };
  const { id, name, email, passwordHash, scopes, disabled, createdAtSeconds, version } = account;
  const texts = [id, name, accountNameKey(name), email ?? null, emailKey(account), passwordHash];
  change(
    database,
    `INSERT INTO account (id, name, name_key, email, email_key, password_hash, scopes, disabled, created_at, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [...texts, JSON.stringify(scopes), disabled ? 1 : 0, createdAtSeconds, version],
  );
  return { outcome: 'added' };
}

export function updateAccount(
  database: DatabaseSync,
  id: string,
  changes: AccountChange,
  { mark: markKey, onlyIf, ifScopes }: ChangeTerms,
): AccountUpdate {
  const row = database.prepare('SELECT * FROM account WHERE id = ?').get(id);
  if (row === undefined) return { outcome: 'missing' };
  if (onlyIf !== undefined && !isAccountUnchanged(database, onlyIf)) return { outcome: 'stale' };
  const before = toAccount(row);
  if (!hasScopes(before, ifScopes)) return { outcome: 'raced', account: before };
  const account = changeAccount(before, changes, markKey !== undefined);
  if (takenField(database, account) !== undefined) return { outcome: 'taken' };
  const { email, passwordHash, scopes, disabled, version } = account;
  change(
    database,
    `UPDATE account SET email = ?, email_key = ?, password_hash = ?, scopes = ?, disabled = ?, version = ?
     WHERE id = ?`,
    [email ?? null, emailKey(account), passwordHash, JSON.stringify(scopes), disabled ? 1 : 0, version, id],
  );
  // The transaction holds the write lock, so this time is later than every token of the old account version.
  const times = { nowSeconds: Date.now() / 1000, newestTokenSeconds: newestTokenSeconds(database, id) };
  const mark = markKey === undefined ? undefined : raiseRevocationMark(database, markKey, times);
  return { outcome: 'updated', account, mark };
}

/** Whether the account still has this version and is not disabled. */
export function isAccountUnchanged(database: DatabaseSync, { id, version }: AccountVersion): boolean {
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
): AccountRemoval {
  if (onlyIf !== undefined && !isAccountUnchanged(database, onlyIf)) return { outcome: 'stale' };
  const removed = database.prepare('DELETE FROM account WHERE id = ? RETURNING *').get(id);
  if (removed === undefined) return { outcome: 'missing' };
  writeRevocation(database, mark);
  return { outcome: 'removed', account: toAccount(removed) };
}

/** Returns which of the account's name and e-mail address belongs to another account, if any. */
function takenField(database: DatabaseSync, { id, name, email }: Account): 'name' | 'email' | undefined {
  const others = database.prepare('SELECT 1 FROM account WHERE (name_key = ?1 OR email_key = ?1) AND id <> ?2');
  const isTaken = (nameOrEmail: string | undefined): boolean =>
    nameOrEmail !== undefined && others.get(accountNameKey(nameOrEmail), id) !== undefined;
  if (isTaken(name)) return 'name';
  return isTaken(email) ? 'email' : undefined;
}

function emailKey({ email }: Account): string | null {
  return email === undefined ? null : accountNameKey(email);
}
