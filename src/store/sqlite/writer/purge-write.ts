import type { DatabaseSync } from 'node:sqlite';
import { ENTRY_GRACE_SECONDS } from '../../../revocation-set/entry.ts';
import { TOKENS_KEPT_SECONDS } from '../../../tokens/token.ts';
import { BASIC_USES_KEPT_DAYS, dayOf } from '../../../verification/basic/basic-use.ts';
import { asNumber, optional } from '../database/rows.ts';
import { CHANGES_KEPT } from '../database/schema.ts';
import { change } from '../database/statement.ts';
import { forgetRequests } from './idempotency-writes.ts';
import { forgetLogins } from './log-in-history-writes.ts';
import { forgetProofs } from './used-proof-writes.ts';

/** The time of a purge, by both clocks. */
export interface PurgeTime {
  /** The wall clock, in Unix seconds. */
  readonly nowSeconds: number;
  /** The time since the last purge of this process, by the monotonic clock, in seconds. */
  readonly passedSeconds: number;
}

/** How many rows one purge deletes per table: few, so that other writes do not wait long. */
const PURGE_BATCH = 500;

/**
 * How many times faster than real time the horizon may move. After a month without Sallyport it catches up within two
 * days; a clock that is a month ahead can be corrected for just as long.
 */
const MAX_PACE = 24;

/** Deletes a batch of old records. Returns whether there may be more. */
export function purge(database: DatabaseSync, time: PurgeTime): boolean {
  const horizonSeconds = moveHorizon(database, time);
  // The time on which all instances agree.
  const nowSeconds = horizonSeconds + ENTRY_GRACE_SECONDS;
  const entries = change(
    database,
    'DELETE FROM revocation WHERE key IN (SELECT key FROM revocation WHERE expires_at <= ? LIMIT ?)',
    [horizonSeconds, PURGE_BATCH],
  );
  const changes = change(
    database,
    `DELETE FROM revocation_change WHERE seq IN (
       SELECT seq FROM revocation_change WHERE seq <= (SELECT max(seq) FROM revocation_change) - ? ORDER BY seq LIMIT ?)`,
    [CHANGES_KEPT, PURGE_BATCH],
  );
  const tokens = change(
    database,
    'DELETE FROM token WHERE id IN (SELECT id FROM token WHERE expires_at <= ? LIMIT ?)',
    [nowSeconds - TOKENS_KEPT_SECONDS, PURGE_BATCH],
  );
  // No batches: one day has few rows, at most one per account, route and reason.
  change(database, 'DELETE FROM basic_use WHERE day <= ?', [dayOf(nowSeconds) - BASIC_USES_KEPT_DAYS]);
  const logins = forgetLogins(database, nowSeconds, PURGE_BATCH);
  const requests = forgetRequests(database, nowSeconds, PURGE_BATCH);
  const proofs = forgetProofs(database, nowSeconds, PURGE_BATCH);
  return [entries, changes, tokens, logins, requests, proofs].includes(PURGE_BATCH);
}

/**
 * Moves the horizon, up to which expired entries are deleted, and returns it in Unix seconds. The store keeps it,
 * because a single clock may be wrong: each instance advances it only by its own running time, and sets it back to a
 * day before its clock. So the slowest clock decides, and a clock that jumps ahead deletes nothing for a long time.
 */
function moveHorizon(database: DatabaseSync, { nowSeconds, passedSeconds }: PurgeTime): number {
  const latest = Math.floor(nowSeconds) - ENTRY_GRACE_SECONDS;
  const existing = database.prepare('SELECT horizon FROM purge_clock').get();
  const horizon =
    existing === undefined
      ? Math.min(latest, initialHorizon(database) ?? latest)
      : Math.min(latest, asNumber(existing, 'horizon') + Math.floor(passedSeconds * MAX_PACE));
  change(
    database,
    'INSERT INTO purge_clock (id, horizon) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET horizon = excluded.horizon',
    [horizon],
  );
  return horizon;
}

/** Returns the last second before the first expiry: the initial horizon, at which nothing is deleted. */
function initialHorizon(database: DatabaseSync): number | undefined {
  const row = database.prepare('SELECT min(expires_at) AS first FROM revocation').get();
  const first = row && optional(asNumber, row, 'first');
  return first === undefined ? undefined : first - 1;
}
