import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { PLACES_KEPT_SECONDS } from '../../../accounts/guesses/log-in-history-store.ts';
import { migrate } from '../database/schema.ts';
import { countGuess, forgetLogins } from './log-in-history-writes.ts';

const HOUR_MS = 3_600_000;
const LIMITS = { waitsMs: [0, HOUR_MS], forgetAfterMs: HOUR_MS };

function setUp() {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  const one = (sql: string): unknown => database.prepare(`SELECT (${sql}) AS answer`).get()?.['answer'];
  return { database, one };
}

describe('forgetLogins()', () => {
  it('keeps the latest budgets in a flood of made-up names', () => {
    const { database, one } = setUp();
    database.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
      INSERT INTO login_guess (name, budget, failures, next_at_ms, last_at_ms) SELECT n, '*', 1, n, n FROM numbers
    `);
    let batches = 1;
    while (forgetLogins(database, 0, 300, 100) === 300) batches += 1;
    expect(batches).toBe(4);
    expect([one('SELECT count(*) FROM login_guess'), one('SELECT min(last_at_ms) FROM login_guess')]).toEqual([
      100, 901,
    ]);
  });

  it('deletes expired places', () => {
    const { database, one } = setUp();
    database.exec("INSERT INTO login_place (name, place, last_at) VALUES ('ada', 'a', 100), ('ada', 'b', 101)");
    forgetLogins(database, 100 + PLACES_KEPT_SECONDS, 10);
    expect(one('SELECT group_concat(place) FROM login_place')).toBe('b');
  });
});

describe('countGuess()', () => {
  it('deletes expired budgets with each attempt', () => {
    const { database, one } = setUp();
    const long = Date.now() - 2 * HOUR_MS;
    for (let index = 0; index < 15; index++) {
      const sql = "INSERT INTO login_guess (name, budget, failures, next_at_ms, last_at_ms) VALUES (?, '*', 1, ?, ?)";
      database.prepare(sql).run(`made up ${index}`, long, long);
    }
    for (const name of ['ada', 'max']) countGuess(database, name, '*', LIMITS);
    expect(one('SELECT count(*) FROM login_guess')).toBe(2);
  });
});
