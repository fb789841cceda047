import type { DatabaseSync } from 'node:sqlite';
import type { RevocationEntry } from '../../../revocation-set/entry.ts';
import type { MarkTimes } from '../../../revocation-set/entry-merge.ts';
import { mergeEntries, raiseMark, restoreEntry } from '../../../revocation-set/entry-merge.ts';
import { change } from '../database/statement.ts';
import { toEntry } from '../records.ts';

export function writeRevocation(database: DatabaseSync, added: RevocationEntry): boolean {
  return put(database, mergeEntries(read(database, added.key), added));
}

export function restoreRevocation(database: DatabaseSync, known: RevocationEntry): boolean {
  return put(database, restoreEntry(read(database, known.key), known));
}

export function undoRevocation(database: DatabaseSync, expected: string, undone: RevocationEntry): boolean {
  return read(database, undone.key)?.value === expected && put(database, undone);
}

/** Raises a not-before mark and returns the raised mark. */
export function raiseRevocationMark(database: DatabaseSync, key: string, times: MarkTimes): RevocationEntry {
  const raised = raiseMark(read(database, key), key, times);
  put(database, raised);
  return raised;
}

function read(database: DatabaseSync, key: string): RevocationEntry | undefined {
  const row = database.prepare('SELECT key, value, expires_at FROM revocation WHERE key = ?').get(key);
  return row && toEntry(row);
}

function put(database: DatabaseSync, { key, value, expiresAtSeconds }: RevocationEntry): boolean {
  const expiresAt = expiresAtSeconds === undefined ? null : Math.ceil(expiresAtSeconds);
  return (
    change(
      database,
      `INSERT INTO revocation (key, value, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
      [key, value, expiresAt],
    ) > 0
  );
}
