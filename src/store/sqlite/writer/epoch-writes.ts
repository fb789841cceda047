import type { DatabaseSync } from 'node:sqlite';
import { change } from '../database/statement.ts';

/** Replaces an epoch record. Returns `false` and writes nothing if it does not have the expected value. */
export function swapEpoch(database: DatabaseSync, key: string, expected: string | undefined, value: string): boolean {
  const row = database.prepare('SELECT value FROM revocation WHERE key = ?').get(key);
  if (row?.['value'] !== expected) return false;
  const sql = 'INSERT OR REPLACE INTO revocation (key, value, expires_at) VALUES (?, ?, NULL)';
  return change(database, sql, [key, value]) > 0;
}
