import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openForTest, temporaryFile } from '../../../test/contract/sqlite-file.ts';
import { StoreError } from '../store.ts';
import { openSqliteStore } from './store.ts';

const KEY = 'sallyport:revoked:own:token-1';

describe('SQLite store', () => {
  it('keeps the later expiry of an entry in whole seconds, rounded up, and none for never', async () => {
    const { store, hand } = await openBoth();
    const expiry = () => hand.prepare('SELECT expires_at FROM revocation').get()?.['expires_at'];
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

  it('forgets at its opening what has expired, and nothing else', async () => {
    const path = temporaryFile();
    const before = await openSqliteStore(path);
    for (const expiresAtSeconds of [1_000, 4_000_000_000, undefined]) {
      await before.revocations.write({ key: `${expiresAtSeconds}`, value: '', expiresAtSeconds });
    }
    await before.close();
    const store = await openForTest(path);
    const read = () => store.revocations.read(['1000', '4000000000', 'undefined']);
    await expect.poll(read).toEqual([undefined, '', '']);
  });

  it.each(['UPDATE account SET scopes = 1', `UPDATE account SET scopes = '{}'`, `UPDATE account SET scopes = '[1]'`])(
    'rejects with StoreError what it cannot read after %s',
    async (sql) => {
      const { store, hand } = await openBoth();
      await store.accounts.add({
        id: 'a',
        name: 'ada',
        passwordHash: '',
        scopes: [],
        disabled: false,
        createdAtSeconds: 1,
      });
      hand.exec(sql);
      await expect(store.accounts.find('ada')).rejects.toThrow(StoreError);
    },
  );
});

/** A store, and another connection to its file. */
async function openBoth() {
  const path = temporaryFile();
  const store = await openForTest(path);
  const hand = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => hand.close());
  return { store, hand };
}
