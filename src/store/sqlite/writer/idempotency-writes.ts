import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../../core/ports.ts';
import type {
  IdempotencyClaim,
  IdempotencyRecord,
  IdempotencyState,
  IdempotencyStore,
} from '../../../tokens/idempotency-store.ts';
import {
  IDEMPOTENCY_KEPT_REQUESTS,
  IDEMPOTENCY_KEPT_SECONDS,
  IDEMPOTENCY_RUN_SECONDS,
} from '../../../tokens/idempotency-store.ts';
import type { Row } from '../database/rows.ts';
import { asNumber, asString } from '../database/rows.ts';
import { change } from '../database/statement.ts';

const STATES: readonly IdempotencyState[] = ['running', 'interrupted', 'made'];

/** Claims a request; see `IdempotencyStore.claim`. */
export function claimRequest(database: DatabaseSync, request: IdempotencyRecord): IdempotencyClaim {
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
  const row = database.prepare('SELECT * FROM idempotency WHERE account_id = ? AND key = ?').get(accountId, key);
  if (row === undefined) throw new StoreError('a claimed request has no record');
  return { ...toRecord(row), isClaimed: claimed > 0 };
}

function toRecord(row: Row): Omit<IdempotencyClaim, 'isClaimed'> {
  const written = asString(row, 'state');
  const state = STATES.find((name) => name === written);
  if (state === undefined) throw new StoreError(`column "state" holds "${written}" instead of ${STATES.join(' or ')}`);
  return {
    accountId: asString(row, 'account_id'),
    key: asString(row, 'key'),
    fingerprint: asString(row, 'fingerprint'),
    resourceId: asString(row, 'resource_id'),
    state,
    startedAtSeconds: asNumber(row, 'started_at'),
  };
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

/** Deletes a batch of old requests and returns how many it deleted. */
export function forgetRequests(database: DatabaseSync, nowSeconds: number, limit: number): number {
  const sql = `DELETE FROM idempotency WHERE (account_id, key) IN (
    SELECT account_id, key FROM idempotency WHERE started_at <= ? LIMIT ?)`;
  return change(database, sql, [nowSeconds - IDEMPOTENCY_KEPT_SECONDS, limit]);
}
