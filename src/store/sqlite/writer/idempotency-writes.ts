import type { DatabaseSync } from 'node:sqlite';
import type { IdempotencyRecord, IdempotencyStore } from '../../../tokens/idempotency-store.ts';
import {
  IDEMPOTENCY_KEPT_REQUESTS,
  IDEMPOTENCY_KEPT_SECONDS,
  IDEMPOTENCY_RUN_SECONDS,
} from '../../../tokens/idempotency-store.ts';
import { change } from '../database/statement.ts';

/** Whether the request is the claimant's to carry out, as `IdempotencyStore.claim` says. */
export function claimRequest(database: DatabaseSync, request: IdempotencyRecord): boolean {
  const { accountId, key, fingerprint, resourceId, startedAtSeconds } = request;
  change(database, 'DELETE FROM idempotency WHERE account_id = ? AND key = ? AND started_at <= ?', [
    accountId,
    key,
    startedAtSeconds - IDEMPOTENCY_KEPT_SECONDS,
  ]);
  const claimed = change(
    database,
    `INSERT INTO idempotency (account_id, key, fingerprint, resource_id, state, started_at)
     VALUES (?, ?, ?, ?, 'running', ?)
     ON CONFLICT (account_id, key) DO UPDATE SET state = 'running', started_at = excluded.started_at
     WHERE fingerprint = excluded.fingerprint
       AND (state = 'interrupted' OR (state = 'running' AND started_at <= excluded.started_at - ?))`,
    [accountId, key, fingerprint, resourceId, startedAtSeconds, IDEMPOTENCY_RUN_SECONDS],
  );
  change(
    database,
    `DELETE FROM idempotency WHERE account_id = ?1 AND key IN (
       SELECT key FROM idempotency WHERE account_id = ?1 AND key <> ?2
       ORDER BY started_at DESC LIMIT -1 OFFSET ?3)`,
    [accountId, key, IDEMPOTENCY_KEPT_REQUESTS - 1],
  );
  return claimed > 0;
}

export function settleRequest(
  database: DatabaseSync,
  ...[accountId, key, end]: Parameters<IdempotencyStore['settle']>
): boolean {
  const which = "WHERE account_id = ? AND key = ? AND state <> 'made'";
  return end === 'refused'
    ? change(database, `DELETE FROM idempotency ${which}`, [accountId, key]) > 0
    : change(database, `UPDATE idempotency SET state = ? ${which}`, [end, accountId, key]) > 0;
}

/** Forgets a batch of those that are too old; returns how many those were. */
export function forgetRequests(database: DatabaseSync, nowSeconds: number, limit: number): number {
  const sql = `DELETE FROM idempotency WHERE (account_id, key) IN (
    SELECT account_id, key FROM idempotency WHERE started_at <= ? LIMIT ?)`;
  return change(database, sql, [nowSeconds - IDEMPOTENCY_KEPT_SECONDS, limit]);
}
