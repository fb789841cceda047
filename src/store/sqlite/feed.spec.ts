import { renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { openForTest, runSql, temporaryFile } from '../../../test/support/store/sqlite-file.ts';
import type { Store } from '../store.ts';
import { CHANGES_KEPT } from './database/schema.ts';

const KEY = 'sallyport:revoked:own:token-1';

describe('SqliteFeed', () => {
  it('reports an entry that another process wrote, within a second', async () => {
    const { path, store, listener } = await follow();
    await runSql(path, `INSERT INTO revocation (key) VALUES ('${KEY}')`);
    await expect.poll(() => listener.keys, { timeout: 1_000 }).toEqual([KEY]);
    expect(await readValues(store, [KEY])).toEqual(['']);
    expect(listener.losses).toBe(0);
  });

  it('reports an entry that was updated, replaced or renamed by hand', async () => {
    const { store, listener, operator } = await follow();
    await store.revocations.write({ key: KEY, value: 'after:4000000000', expiresAtSeconds: undefined });
    listener.keys.length = 0;
    operator.exec(`UPDATE revocation SET value = '' WHERE key = '${KEY}'`);
    await expect.poll(() => listener.keys).toEqual([KEY]);
    operator.exec(`INSERT OR REPLACE INTO revocation (key, value) VALUES ('${KEY}', 'x')`);
    await expect.poll(() => listener.keys).toEqual([KEY, KEY]);
    operator.exec(`UPDATE revocation SET key = 'sallyport:revoked:own:token-2'`);
    await expect.poll(() => listener.keys).toEqual([KEY, KEY, 'sallyport:revoked:own:token-2']);
  });

  it('reports each entry that was deleted by hand, whether or not it has expired', async () => {
    const { store, listener, operator } = await follow();
    const entry = { value: '', expiresAtSeconds: undefined };
    await store.revocations.write({ key: KEY, ...entry });
    await store.revocations.write({ ...entry, key: 'sallyport:revoked:own:over', expiresAtSeconds: 1_000 });
    await store.revocations.write({ ...entry, key: 'sallyport:revoked:own:not', expiresAtSeconds: 4_000_000_000 });
    listener.keys.length = 0;
    operator.exec('DELETE FROM revocation');
    await expect
      .poll(() => listener.keys.toSorted())
      .toEqual(['sallyport:revoked:own:not', 'sallyport:revoked:own:over', KEY]);
  });

  it('reports to every store that has the file open', async () => {
    const { path, store, listener } = await follow();
    const other = await openForTest(path);
    await other.revocations.write({ key: KEY, value: '{}', expiresAtSeconds: undefined });
    await expect.poll(() => listener.keys).toEqual([KEY]);
    expect(await readValues(store, [KEY])).toEqual(['{}']);
  });

  it('reports the changes of one transaction in order, each once', async () => {
    const { listener, operator } = await follow();
    const keys = Array.from({ length: 100 }, (_, index) => `sallyport:revoked:own:${index}`);
    operator.exec(`BEGIN; ${keys.map((key) => `INSERT INTO revocation (key) VALUES ('${key}');`).join('')} COMMIT`);
    await expect.poll(() => listener.keys.length).toBeGreaterThanOrEqual(keys.length);
    await heardFromNowOn(listener);
    expect(listener.keys).toEqual(keys);
  });

  it('reports a loss if the log was pruned further than it was read', async () => {
    const { listener, operator } = await follow();
    operator.exec(`BEGIN; INSERT INTO revocation (key) VALUES ('${KEY}'); DELETE FROM revocation_change; COMMIT`);
    operator.exec(`INSERT INTO revocation (key) VALUES ('sallyport:revoked:own:token-2')`);
    await expect.poll(() => listener.losses).toBeGreaterThan(0);
    await heardFromNowOn(listener);
    operator.exec(`INSERT INTO revocation (key) VALUES ('sallyport:revoked:own:token-3')`);
    await expect.poll(() => listener.keys).toContain('sallyport:revoked:own:token-3');
  });

  it('reports a loss instead of reading a log that is longer than the kept one', async () => {
    const { listener, operator } = await follow();
    operator.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n <= ${CHANGES_KEPT})
      INSERT INTO revocation (key) SELECT 'sallyport:revoked:own:' || n FROM numbers
    `);
    await expect.poll(() => listener.losses).toBe(1);
    expect(listener.keys).toEqual([]);
  });

  it('is silent, and the store fails, while the file is moved away', async () => {
    const { path, store, listener } = await follow();
    renameSync(path, `${path}.moved`);
    // A poll may have begun before the move, but not later.
    const nowMs = performance.now();
    const write = () => store.revocations.write({ key: KEY, value: '', expiresAtSeconds: undefined });
    await expect(readValues(store, [KEY])).rejects.toThrow('was moved, deleted or replaced');
    await expect(write()).rejects.toThrow('was moved, deleted or replaced');
    await sleep(200);
    expect(listener.heardUpToMs).toBeLessThan(nowMs);

    renameSync(`${path}.moved`, path);
    await write();
    expect([new Set(listener.keys), listener.losses]).toEqual([new Set([KEY]), 0]);
  });

  it('reports nothing once the store is closed', async () => {
    const { store, listener, operator } = await follow();
    await store.close();
    const { heardUpToMs } = listener;
    operator.exec(`INSERT INTO revocation (key) VALUES ('${KEY}')`);
    await sleep(200);
    expect(listener).toMatchObject({ keys: [], losses: 0, heardUpToMs });
  });
});

/** Returns a store that is followed, and another connection to its file, as an operator would open it. */
async function follow(): Promise<{ path: string; store: Store; listener: RecordingListener; operator: DatabaseSync }> {
  const path = temporaryFile();
  const store = await openForTest(path);
  const listener = new RecordingListener();
  store.feed.follow(listener);
  const operator = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => operator.close());
  return { path, store, listener, operator };
}

async function heardFromNowOn(listener: RecordingListener): Promise<void> {
  const nowMs = performance.now();
  await expect.poll(() => listener.heardUpToMs).toBeGreaterThanOrEqual(nowMs);
}
