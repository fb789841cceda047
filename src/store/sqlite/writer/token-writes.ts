import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type {
  RefreshAdvance,
  RefreshStep,
  Rotation,
  RotationTerms,
  TokenEnd,
  TokenRecord,
  TrackedToken,
} from '../../../tokens/token.ts';
import { change } from '../database/statement.ts';
import { toToken } from '../records.ts';
import { isAccountUnchanged } from './account-writes.ts';

export function addToken(database: DatabaseSync, token: TokenRecord, accountVersion: number): boolean {
  if (!isAccountUnchanged(database, { id: token.accountId, version: accountVersion })) return false;
  const sql = `INSERT INTO token (${RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  return change(database, sql, recordValues(token)) > 0;
}

export function rotateToken(
  database: DatabaseSync,
  id: string,
  successor: TokenRecord,
  accountVersion: number,
  { inPlaceOf }: RotationTerms,
): Rotation {
  if (!isAccountUnchanged(database, { id: successor.accountId, version: accountVersion })) {
    return { outcome: 'account_changed' };
  }
  const sql = 'UPDATE token SET successor = ? WHERE id = ? AND successor IS ? RETURNING *';
  const old = database.prepare(sql).get(successor.id, id, inPlaceOf ?? null);
  if (old === undefined) return { outcome: 'superseded' };
  addToken(database, successor, accountVersion);
  return { outcome: 'rotated', old: toToken(old) };
}

export function advanceToken(
  database: DatabaseSync,
  { id, accountId, from, expiresAtSeconds }: RefreshStep,
  accountVersion: number,
): RefreshAdvance {
  if (!isAccountUnchanged(database, { id: accountId, version: accountVersion })) return 'account_changed';
  const next = `UPDATE token SET refreshes = refreshes + 1, expires_at = max(expires_at, ?)
    WHERE id = ? AND account_id = ? AND refreshes = ?`;
  if (change(database, next, [expiresAtSeconds, id, accountId, from]) > 0) return 'advanced';
  const family = 'SELECT 1 FROM token WHERE id = ? AND account_id = ? AND refreshes IS NOT NULL';
  return database.prepare(family).get(id, accountId) === undefined ? 'unknown' : 'superseded';
}

export function endToken(database: DatabaseSync, id: string, { atSeconds, by, reason }: TokenEnd): boolean {
  const sql = `UPDATE token SET ended_at = ?1, ended_by = ?2, end_reason = ?3
    WHERE id = ?4 AND (ended_at IS NULL OR ended_at > ?1)`;
  return change(database, sql, [atSeconds, by, reason ?? null, id]) > 0;
}

export function forgetTokenEnd(database: DatabaseSync, id: string): boolean {
  return (
    change(database, 'UPDATE token SET ended_at = NULL, ended_by = NULL, end_reason = NULL WHERE id = ?', [id]) > 0
  );
}

export function markTokensUsed(database: DatabaseSync, uses: ReadonlyMap<string, number>): boolean {
  const sql = 'UPDATE token SET last_used_at = max(ifnull(last_used_at, 0), ?) WHERE id = ?';
  const statement = database.prepare(sql);
  for (const [id, atSeconds] of uses) statement.run(atSeconds, id);
  return true;
}

export function restoreToken(database: DatabaseSync, token: TrackedToken): boolean {
  const { lastUsedAtSeconds, end, successor } = token;
  const later = [lastUsedAtSeconds, end?.atSeconds, end?.by, end?.reason, successor].map((value) => value ?? null);
  return (
    change(
      database,
      `INSERT INTO token (${RECORD_COLUMNS}, last_used_at, ended_at, ended_by, end_reason, successor)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      [...recordValues(token), ...later],
    ) > 0
  );
}

/** The columns of {@link recordValues}. */
const RECORD_COLUMNS =
  'id, account_id, use, name, scopes, created_at, expires_at, key_hash, family, access_ttl, refreshes';

function recordValues(token: TokenRecord): SQLInputValue[] {
  const { id, accountId, use, name, scopes, createdAtSeconds, expiresAtSeconds, keyHash } = token;
  const { family, accessTtlSeconds, refreshes } = token;
  const required = [id, accountId, use, name ?? null, JSON.stringify(scopes), createdAtSeconds, expiresAtSeconds];
  return [...required, ...[keyHash, family, accessTtlSeconds, refreshes].map((value) => value ?? null)];
}
