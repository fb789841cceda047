import type { DatabaseSync } from 'node:sqlite';
import { dayOf } from '../basic-use.ts';
import { readRing, writeRing } from '../key-ring-text.ts';
import type { BasicUse, SealedSigningKey } from '../store.ts';
import { BASIC_USES_KEPT_DAYS, TOKENS_KEPT_SECONDS } from '../store.ts';
import { addAccount, removeAccount, updateAccount } from './account-operations.ts';
import { claimRequest, forgetRequests, settleRequest } from './idempotency-operations.ts';
import { countGuess, forgetLogins, forgiveGuesses, rememberPlace, takeGuessBack } from './login-history-operations.ts';
import type { Operation } from './messages.ts';
import { writeRevocation } from './revocation-operations.ts';
import { asText } from './rows.ts';
import { CHANGES_KEPT } from './schema.ts';
import { change } from './statement.ts';
import { addToken, endToken, markTokensUsed, restoreToken, rotateToken } from './token-operations.ts';

/** Small, so that what waits behind a purge does not wait long. */
const PURGE_BATCH = 500;

/** Carries out one operation in the open transaction. */
export function perform(database: DatabaseSync, operation: Operation): boolean {
  switch (operation.kind) {
    case 'write-revocation':
      return writeRevocation(database, operation.entry);
    case 'swap-epoch':
      return swapEpoch(database, operation.key, operation.expected, operation.value);
    case 'add-account':
      return addAccount(database, operation.account, operation.onlyFirst);
    case 'update-account':
      return updateAccount(database, operation.id, operation.change, operation.mark);
    case 'remove-account':
      return removeAccount(database, operation.id, operation.mark);
    case 'add-token':
      return addToken(database, operation.token);
    case 'rotate-token':
      return rotateToken(database, operation.id, operation.successor, operation.inPlaceOf);
    case 'end-token':
      return endToken(database, operation.id, operation.end);
    case 'mark-tokens-used':
      return markTokensUsed(database, operation.uses);
    case 'restore-token':
      return restoreToken(database, operation.token);
    case 'claim-request':
      return claimRequest(database, operation.request);
    case 'settle-request':
      return settleRequest(database, operation.accountId, operation.key, operation.end);
    case 'add-basic-uses':
      return addBasicUses(database, operation.uses);
    case 'count-guess':
      return countGuess(database, operation.name, operation.budget, operation.limits);
    case 'take-guess-back':
      return takeGuessBack(database, operation.name, operation.budget, operation.limits);
    case 'remember-place':
      return rememberPlace(database, operation.name, operation.place);
    case 'forgive-guesses':
      return forgiveGuesses(database, operation.name);
    case 'replace-signing-keys':
      return replaceSigningKeys(database, operation.issuer, operation.revision, operation.keys);
    case 'purge':
      return purge(database, operation.nowSeconds);
  }
}

function swapEpoch(database: DatabaseSync, key: string, expected: string | undefined, value: string): boolean {
  const row = database.prepare('SELECT value FROM revocation WHERE key = ?').get(key);
  if (row?.['value'] !== expected) return false;
  const sql = 'INSERT OR REPLACE INTO revocation (key, value, expires_at) VALUES (?, ?, NULL)';
  return change(database, sql, [key, value]) > 0;
}

function replaceSigningKeys(
  database: DatabaseSync,
  issuer: string,
  revision: number,
  keys: readonly SealedSigningKey[],
): boolean {
  const row = database.prepare('SELECT ring FROM signing_keys WHERE issuer = ?').get(issuer);
  if (readRing(row && asText(row, 'ring')).revision !== revision) return false;
  return (
    change(
      database,
      'INSERT INTO signing_keys (issuer, ring) VALUES (?, ?) ON CONFLICT (issuer) DO UPDATE SET ring = excluded.ring',
      [issuer, writeRing({ revision: revision + 1, keys })],
    ) > 0
  );
}

function addBasicUses(database: DatabaseSync, uses: readonly BasicUse[]): boolean {
  const statement = database.prepare(
    `INSERT INTO basic_use (day, account_id, route, reason, count, last_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  );
  for (const { accountId = '', route, reason = '', count, lastAtSeconds } of uses) {
    statement.run(dayOf(lastAtSeconds), accountId, route, reason, count, lastAtSeconds);
  }
  return true;
}

function purge(database: DatabaseSync, nowSeconds: number): boolean {
  const entries = change(
    database,
    'DELETE FROM revocation WHERE key IN (SELECT key FROM revocation WHERE expires_at <= ? LIMIT ?)',
    [nowSeconds, PURGE_BATCH],
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
