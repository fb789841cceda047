import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readValues } from '../../../test/support/store/revocations.ts';
import { openForTest, temporaryFile } from '../../../test/support/store/sqlite-file.ts';
import { StoreError } from '../../core/ports.ts';
import { openSqliteStore } from './store.ts';

const KEY = 'sallyport:revoked:own:token-1';

describe('SQLite store', () => {
  it('keeps the later expiry of an entry, rounded up to whole seconds, or none', async () => {
    const { store, operator } = await openBoth();
    const expiry = () => operator.prepare('SELECT expires_at FROM revocation').get()?.['expires_at'];
    const write = (expiresAtSeconds: number | undefined) =>
      store.revocations.write({ key: KEY, value: '{}', expiresAtSeconds });
    await write(4_000_000_000.25);
    expect(expiry()).toBe(4_000_000_001);
    await write(3_900_000_000);
    expect(expiry()).toBe(4_000_000_001);
    await write(undefined);
    expect(expiry()).toBeNull();
    await write(4_100_000_000);
    expect(expiry()).toBeNull();
  });

  it('purges old entries when an instance opens it, but not for a command', async () => {
    const path = temporaryFile();
    const [longAgo, hoursAgo] = [Date.now() / 1000 - 2 * 86_400, Date.now() / 1000 - 7_200];
    const entries = { longAgo, hoursAgo, live: 4_000_000_000, lasting: undefined };
    const keys = Object.keys(entries);
    await (await openSqliteStore(path, { purges: true })).close();
    const before = await openSqliteStore(path);
    for (const [key, expiresAtSeconds] of Object.entries(entries)) {
      await before.revocations.write({ key, value: '', expiresAtSeconds });
    }
    expect(await readValues(before, keys)).toEqual(['', '', '', '']);
    await before.close();
    const command = await openSqliteStore(path);
    expect(await readValues(command, keys)).toEqual(['', '', '', '']);
    await command.close();
    const instance = await openSqliteStore(path, { purges: true });
    onTestFinished(() => instance.close());
    await expect.poll(() => readValues(instance, keys)).toEqual([undefined, '', '', '']);
  });

  it.each(['UPDATE account SET scopes = 1', `UPDATE account SET scopes = '{}'`, `UPDATE account SET scopes = '[1]'`])(
    'rejects with StoreError for an account that it cannot read after %s',
    async (sql) => {
      const { store, operator } = await openBoth();
      await store.accounts.add({
        id: 'a',
        name: 'ada',
        passwordHash: '',
        scopes: [],
        disabled: false,
        createdAtSeconds: 1,
        version: 0,
      });
      operator.exec(sql);
      await expect(store.accounts.find('ada')).rejects.toThrow(StoreError);
    },
  );
});

/** Returns a store and another connection to its file. */
async function openBoth() {
  const path = temporaryFile();
  const store = await openForTest(path);
  const operator = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => operator.close());
  return { store, operator };
}
