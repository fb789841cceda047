import type { DatabaseSync } from 'node:sqlite';
import type { BasicUse } from '../../../verification/basic/basic-use.ts';
import { dayOf } from '../../../verification/basic/basic-use.ts';

export function addBasicUses(database: DatabaseSync, uses: readonly BasicUse[]): void {
  const statement = database.prepare(
    `INSERT INTO basic_use (day, account_id, route, reason, count, last_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  );
  for (const { accountId = '', route, reason = '', count, lastAtSeconds } of uses) {
    statement.run(dayOf(lastAtSeconds), accountId, route, reason, count, lastAtSeconds);
  }
}
