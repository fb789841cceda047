import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { perform } from './operations.ts';
import { CHANGES_KEPT, migrate } from './schema.ts';

describe('perform()', () => {
  it('purges in batches until nothing has expired and the log has its length', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    database.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${CHANGES_KEPT + 1_234})
      INSERT INTO revocation (key, expires_at) SELECT n, CASE WHEN n <= 700 THEN 100 ELSE 101 END FROM numbers
    `);
    let batches = 1;
    while (perform(database, { kind: 'purge', nowSeconds: 100.5 })) batches += 1;
    expect(batches).toBe(3);
    expect(database.prepare('SELECT count(*) AS n FROM revocation').get()).toEqual({ n: CHANGES_KEPT + 534 });
    expect(database.prepare('SELECT min(seq) AS low, max(seq) AS high FROM revocation_change').get()).toEqual({
      low: 1_235,
      high: CHANGES_KEPT + 1_234,
    });
  });
});
