import type { DatabaseSync } from 'node:sqlite';
import type { GuessBudget } from '../../../accounts/guesses/guess-budget.ts';
import { giveGuessBack, takeGuess } from '../../../accounts/guesses/guess-budget.ts';
import type { GuessLimits } from '../../../accounts/guesses/log-in-history-store.ts';
import { GUESSES_KEPT, PLACES_KEPT, PLACES_KEPT_SECONDS } from '../../../accounts/guesses/log-in-history-store.ts';
import type { Row } from '../database/rows.ts';
import { asNumber } from '../database/rows.ts';
import { change } from '../database/statement.ts';

/** How many expired budgets each counted attempt deletes: more than one attempt can add. */
const FORGOTTEN_AT_ONCE = 10;

/** The query for one budget. */
export const BUDGET_SQL = 'SELECT * FROM login_guess WHERE name = ? AND budget = ?';

export function toGuessBudget(row: Row): GuessBudget {
  const [failures, nextAtMs, lastAtMs] = ['failures', 'next_at_ms', 'last_at_ms'].map((name) => asNumber(row, name));
  return { failures: failures ?? 0, nextAtMs: nextAtMs ?? 0, lastAtMs: lastAtMs ?? 0 };
}

/** Counts an attempt and returns the new budget; or writes nothing and returns how long to wait. */
export function countGuess(
  database: DatabaseSync,
  name: string,
  budget: string,
  limits: GuessLimits,
): ReturnType<typeof takeGuess> {
  const nowMs = Date.now();
  const row = database.prepare(BUDGET_SQL).get(name, budget);
  const taken = takeGuess(row && toGuessBudget(row), limits, nowMs);
  if ('waitMs' in taken) return taken;
  putBudget(database, name, budget, taken);
  change(
    database,
    `DELETE FROM login_guess WHERE (name, budget) IN (
       SELECT name, budget FROM login_guess WHERE last_at_ms <= ? LIMIT ?)`,
    [nowMs - limits.forgetAfterMs, FORGOTTEN_AT_ONCE],
  );
  return taken;
}

export function takeGuessBack(database: DatabaseSync, name: string, budget: string, limits: GuessLimits): boolean {
  const row = database.prepare(BUDGET_SQL).get(name, budget);
  if (row === undefined) return false;
  const left = giveGuessBack(toGuessBudget(row), limits);
  if (left !== undefined) return putBudget(database, name, budget, left);
  return change(database, 'DELETE FROM login_guess WHERE name = ? AND budget = ?', [name, budget]) > 0;
}

export function rememberPlace(database: DatabaseSync, name: string, place: string): boolean {
  change(database, 'INSERT OR REPLACE INTO login_place (name, place, last_at) VALUES (?, ?, ?)', [
    name,
    place,
    Date.now() / 1000,
  ]);
  change(
    database,
    `DELETE FROM login_place WHERE name = ?1 AND place IN (
       SELECT place FROM login_place WHERE name = ?1 AND place <> ?2 ORDER BY last_at DESC LIMIT -1 OFFSET ?3)`,
    [name, place, PLACES_KEPT - 1],
  );
  return true;
}

export function forgiveGuesses(database: DatabaseSync, name: string): boolean {
  return change(database, 'DELETE FROM login_guess WHERE name = ?', [name]) > 0;
}

/** Deletes a batch of old places and surplus budgets; returns the larger of the two counts. */
export function forgetLogins(database: DatabaseSync, nowSeconds: number, limit: number, kept = GUESSES_KEPT): number {
  const places = change(
    database,
    `DELETE FROM login_place WHERE (name, place) IN (
       SELECT name, place FROM login_place WHERE last_at <= ? LIMIT ?)`,
    [nowSeconds - PLACES_KEPT_SECONDS, limit],
  );
  const guesses = change(
    database,
    `DELETE FROM login_guess WHERE (name, budget) IN (
       SELECT name, budget FROM login_guess WHERE last_at_ms <= (
         SELECT last_at_ms FROM login_guess ORDER BY last_at_ms DESC LIMIT 1 OFFSET ?) LIMIT ?)`,
    [kept, limit],
  );
  return Math.max(places, guesses);
}

function putBudget(database: DatabaseSync, name: string, budget: string, value: GuessBudget): boolean {
  const sql =
    'INSERT OR REPLACE INTO login_guess (name, budget, failures, next_at_ms, last_at_ms) VALUES (?, ?, ?, ?, ?)';
  return change(database, sql, [name, budget, value.failures, value.nextAtMs, value.lastAtMs]) > 0;
}
