import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { ENTRY_GRACE_SECONDS } from '../../../revocation-set/entry.ts';
import { CHANGES_KEPT, migrate } from '../database/schema.ts';
import { purge as purgeBatch } from './purge-write.ts';

const DAY = 86_400;
const HOUR = 3_600;
const NOW = 1_800_000_000;

function open(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return database;
}

/** Purges until nothing more is deleted, `passedSeconds` after the last purge; returns the remaining keys. */
function purge(database: DatabaseSync, nowSeconds: number, passedSeconds = 0): readonly unknown[] {
  let more = purgeBatch(database, { nowSeconds, passedSeconds });
  while (more) more = purgeBatch(database, { nowSeconds, passedSeconds: 0 });
  return database
    .prepare('SELECT key FROM revocation ORDER BY key')
    .all()
    .map(({ key }) => key);
}

function add(database: DatabaseSync, key: string, expiresAt: number): void {
  database.prepare('INSERT INTO revocation (key, expires_at) VALUES (?, ?)').run(key, expiresAt);
}

describe('purge()', () => {
  it('purges in batches until no expired entry and no surplus change is left', () => {
    const database = open();
    purge(database, 100.5 + ENTRY_GRACE_SECONDS);
    database.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${CHANGES_KEPT + 1_234})
      INSERT INTO revocation (key, expires_at) SELECT n, CASE WHEN n <= 700 THEN 100 ELSE 101 END FROM numbers
    `);
    expect(purge(database, 100.5 + ENTRY_GRACE_SECONDS)).toHaveLength(CHANGES_KEPT + 534);
    expect(database.prepare('SELECT min(seq) AS low, max(seq) AS high FROM revocation_change').get()).toEqual({
      low: 1_235,
      high: CHANGES_KEPT + 1_234,
    });
  });

  it('purges an entry one day after its expiry, and not earlier', () => {
    const database = open();
    purge(database, NOW);
    add(database, 'ended', NOW);
    expect(purge(database, NOW + DAY - 1, DAY)).toEqual(['ended']);
    expect(purge(database, NOW + DAY, 1)).toEqual([]);
  });

  it.each([3 * HOUR, 30 * DAY, 3_650 * DAY])('purges no valid entry if the clock is %i s ahead', (aheadSeconds) => {
    const database = open();
    purge(database, NOW);
    add(database, 'live', NOW + HOUR);
    expect(purge(database, NOW + aheadSeconds)).toEqual(['live']);
    // The clock is wrong for an hour; the clock of another instance is right.
    for (let minutes = 5; minutes <= 60; minutes += 5) {
      expect(purge(database, NOW + aheadSeconds + minutes * 60, 300)).toEqual(['live']);
      expect(purge(database, NOW + minutes * 60, 300)).toEqual(['live']);
    }
  });

  it('purges nothing at the first purge of a store, whatever the clock says', () => {
    const database = open();
    add(database, 'live', NOW + HOUR);
    expect(purge(database, NOW + 30 * DAY)).toEqual(['live']);
  });

  it('catches up within two days after a month without running', () => {
    const database = open();
    purge(database, NOW);
    add(database, 'ended', NOW + 29 * DAY);
    expect(purge(database, NOW + 31 * DAY)).toEqual(['ended']);
    expect(purge(database, NOW + 33 * DAY, 2 * DAY)).toEqual([]);
  });

  it('logs entries that were deleted early, but not those that it purged', () => {
    const database = open();
    purge(database, NOW);
    const logged = () => database.prepare('SELECT key FROM revocation_change ORDER BY seq').all();
    for (const [key, end] of [['early', 100 + NOW - DAY] as const, ['late', NOW - DAY] as const])
      add(database, key, end);
    database.exec('DELETE FROM revocation_change');
    expect(purge(database, NOW)).toEqual(['early']);
    expect(logged()).toEqual([]);
    database.exec('DELETE FROM revocation');
    expect(logged()).toEqual([{ key: 'early' }]);
  });
});
