import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { readValues } from '../../../test/support/store/revocations.ts';
import { openForTest, temporaryFile } from '../../../test/support/store/sqlite-file.ts';

const MARK = 'sallyport:notbefore:own:a';

it('a mark has the time at which its change got the write lock, not the time of the call', async () => {
  const path = temporaryFile();
  const store = await openForTest(path);
  const account = { id: 'a', name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1 };
  await store.accounts.add({ ...account, version: 0 });
  const other = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const calledAtSeconds = Math.floor(Date.now() / 1000);
  const changing = store.accounts.update('a', { passwordHash: '$new' }, { mark: MARK });
  while (Math.floor(Date.now() / 1000) === calledAtSeconds) await wait(20);
  // Meanwhile another process issues a token under the old version of the account.
  const nowSeconds = Math.floor(Date.now() / 1000);
  const columns = 'id, account_id, use, scopes, created_at, expires_at';
  const insert = other.prepare(`INSERT INTO token (${columns}) VALUES ('t', 'a', 'login', '[]', ?, 4e9)`);
  insert.run(nowSeconds);
  other.exec('COMMIT');
  expect(await changing).toMatchObject({ outcome: 'updated' });
  expect(Number((await readValues(store, [MARK]))[0])).toBeGreaterThanOrEqual(nowSeconds);
});
