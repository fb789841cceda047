import type { DatabaseSync } from 'node:sqlite';
import { ENTRY_GRACE_SECONDS } from '../../../revocation-set/entry.ts';
import { TOKENS_KEPT_SECONDS } from '../../../tokens/token.ts';
import { BASIC_USES_KEPT_DAYS, dayOf } from '../../../verification/basic/basic-use.ts';
import { asNumber, optional } from '../database/rows.ts';
import { CHANGES_KEPT } from '../database/schema.ts';
import { change } from '../database/statement.ts';
import { forgetRequests } from './idempotency-writes.ts';
import { forgetLogins } from './log-in-history-writes.ts';

/** The clocks by which something is purged. */
export interface PurgeTime {
  /** The wall clock, in Unix seconds. */
  readonly nowSeconds: number;
  /** How long this process has run since its last purge, by the monotonic clock. */
  readonly passedSeconds: number;
}

/** Small, so that what waits behind a purge does not wait long. */
const PURGE_BATCH = 500;

/**
 * How many times faster than time itself the horizon may move. After a month without Sallyport it has caught up within
 * two days; a clock that is a month ahead has as long to be put right.
 */
const MAX_PACE = 24;

/** Deletes a batch of what has ended long ago; whether there may be more. */
export function purge(database: DatabaseSync, time: PurgeTime): boolean {
  const horizonSeconds = moveHorizon(database, time);
  // As all clocks have it.
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
  // A day's are few: as many as accounts and routes at most.
  change(database, 'DELETE FROM basic_use WHERE day <= ?', [dayOf(nowSeconds) - BASIC_USES_KEPT_DAYS]);
  const logins = forgetLogins(database, nowSeconds, PURGE_BATCH);
  const requests = forgetRequests(database, nowSeconds, PURGE_BATCH);
  return [entries, changes, tokens, logins, requests].includes(PURGE_BATCH);
}

/**
 * Up to when entries that ended are deleted, in Unix seconds. The store remembers it, because one clock alone proves
 * nothing: each instance moves it on only as far as its own running time allows, and back to a day before its clock. So
 * the clock that is furthest behind decides, and a clock that jumps ahead deletes nothing for a long time.
 */
function moveHorizon(database: DatabaseSync, { nowSeconds, passedSeconds }: PurgeTime): number {
  const latest = Math.floor(nowSeconds) - ENTRY_GRACE_SECONDS;
  const standing = database.prepare('SELECT horizon FROM purge_clock').get();
  const horizon =
    standing === undefined
      ? Math.min(latest, firstEndOf(database) ?? latest)
      : Math.min(latest, asNumber(standing, 'horizon') + Math.floor(passedSeconds * MAX_PACE));
  change(
    database,
    'INSERT INTO purge_clock (id, horizon) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET horizon = excluded.horizon',
    [horizon],
  );
  return horizon;
}

/** The last second before which nothing is left to delete, in a store that has no horizon yet. */
function firstEndOf(database: DatabaseSync): number | undefined {
  const row = database.prepare('SELECT min(expires_at) AS first FROM revocation').get();
  const first = row && optional(asNumber, row, 'first');
  return first === undefined ? undefined : first - 1;
}
