import type { DatabaseSync } from 'node:sqlite';
import type { SealedSigningKey } from '../../../signing/signing-key-store.ts';
import type { BasicUse } from '../../../verification/basic/basic-use.ts';
import { dayOf } from '../../../verification/basic/basic-use.ts';
import { readRing, writeRing } from '../../key-ring-text.ts';
import { asText } from '../database/rows.ts';
import { change } from '../database/statement.ts';
import { addAccount, removeAccount, updateAccount } from './account-writes.ts';
import { claimRequest, settleRequest } from './idempotency-writes.ts';
import { countGuess, forgiveGuesses, rememberPlace, takeGuessBack } from './log-in-history-writes.ts';
import type { Operation } from './messages.ts';
import { purge } from './purge-write.ts';
import { restoreRevocation, undoRevocation, writeRevocation } from './revocation-writes.ts';
import { addToken, endToken, forgetTokenEnd, markTokensUsed, restoreToken, rotateToken } from './token-writes.ts';

/** Carries out one operation in the open transaction. */
export function perform(database: DatabaseSync, operation: Operation): boolean {
  switch (operation.kind) {
    case 'write-revocation':
      return writeRevocation(database, operation.entry);
    case 'restore-revocation':
      return restoreRevocation(database, operation.entry);
    case 'undo-revocation':
      return undoRevocation(database, operation.standing, operation.undone);
    case 'swap-epoch':
      return swapEpoch(database, operation.key, operation.expected, operation.value);
    case 'add-account':
      return addAccount(database, operation.account, operation.terms);
    case 'update-account':
      return updateAccount(database, operation.id, operation.change, operation.terms);
    case 'remove-account':
      return removeAccount(database, operation.id, operation.mark, operation.onlyIf);
    case 'add-token':
      return addToken(database, operation.token, operation.accountVersion);
    case 'rotate-token':
      return rotateToken(database, operation);
    case 'end-token':
      return endToken(database, operation.id, operation.end);
    case 'forget-token-end':
      return forgetTokenEnd(database, operation.id);
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
      return purge(database, operation);
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
