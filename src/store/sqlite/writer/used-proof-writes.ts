import type { DatabaseSync } from 'node:sqlite';
import { change } from '../database/statement.ts';

/** Marks a proof as used; see `UsedProofStore.use`. */
export function useProof(database: DatabaseSync, id: string, nowMs: number, keepMs: number): boolean {
  const marked = change(
    database,
    `INSERT INTO used_proof (id, ends_at_ms) VALUES (?1, ?2)
     ON CONFLICT (id) DO UPDATE SET ends_at_ms = excluded.ends_at_ms WHERE ends_at_ms <= ?3`,
    [id, nowMs + keepMs, nowMs],
  );
  return marked > 0;
}

/** Deletes a batch of marks that have ended, and returns how many it deleted. */
export function forgetProofs(database: DatabaseSync, nowSeconds: number, limit: number): number {
  const sql = 'DELETE FROM used_proof WHERE id IN (SELECT id FROM used_proof WHERE ends_at_ms <= ? LIMIT ?)';
  return change(database, sql, [nowSeconds * 1000, limit]);
}
