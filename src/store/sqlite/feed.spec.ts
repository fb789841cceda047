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
  it('tells of an entry that another process wrote, within a second', async () => {
    const { path, store, listener } = await follow();
    await runSql(path, `INSERT INTO revocation (key) VALUES ('${KEY}')`);
    await expect.poll(() => listener.keys, { timeout: 1_000 }).toEqual([KEY]);
    expect(await readValues(store, [KEY])).toEqual(['']);
    expect(listener.losses).toBe(0);
  });

  it('tells of an entry that a hand updated, replaced or renamed', async () => {
    const { store, listener, hand } = await follow();
    await store.revocations.write({ key: KEY, value: 'after:4000000000', expiresAtSeconds: undefined });
    listener.keys.length = 0;
    hand.exec(`UPDATE revocation SET value = '' WHERE key = '${KEY}'`);
    await expect.poll(() => listener.keys).toEqual([KEY]);
    hand.exec(`INSERT OR REPLACE INTO revocation (key, value) VALUES ('${KEY}', 'x')`);
    await expect.poll(() => listener.keys).toEqual([KEY, KEY]);
    hand.exec(`UPDATE revocation SET key = 'sallyport:revoked:own:token-2'`);
    await expect.poll(() => listener.keys).toEqual([KEY, KEY, 'sallyport:revoked:own:token-2']);
  });

  it('tells of each entry that a hand deleted, whatever the clock says of its end', async () => {
    const { store, listener, hand } = await follow();
    const entry = { value: '', expiresAtSeconds: undefined };
    await store.revocations.write({ key: KEY, ...entry });
    await store.revocations.write({ ...entry, key: 'sallyport:revoked:own:over', expiresAtSeconds: 1_000 });
    await store.revocations.write({ ...entry, key: 'sallyport:revoked:own:not', expiresAtSeconds: 4_000_000_000 });
    listener.keys.length = 0;
    hand.exec('DELETE FROM revocation');
    await expect
      .poll(() => listener.keys.toSorted())
      .toEqual(['sallyport:revoked:own:not', 'sallyport:revoked:own:over', KEY]);
  });

  it('tells every store that has the file open', async () => {
    const { path, store, listener } = await follow();
    const other = await openForTest(path);
    await other.revocations.write({ key: KEY, value: '{}', expiresAtSeconds: undefined });
    await expect.poll(() => listener.keys).toEqual([KEY]);
    expect(await readValues(store, [KEY])).toEqual(['{}']);
  });

  it('tells of changes made together in their order, and of nothing twice', async () => {
    const { listener, hand } = await follow();
    const keys = Array.from({ length: 100 }, (_, index) => `sallyport:revoked:own:${index}`);
    hand.exec(`BEGIN; ${keys.map((key) => `INSERT INTO revocation (key) VALUES ('${key}');`).join('')} COMMIT`);
    await expect.poll(() => listener.keys.length).toBeGreaterThanOrEqual(keys.length);
    await heardFromNowOn(listener);
    expect(listener.keys).toEqual(keys);
  });

  it('says that changes are lost when the log was pruned further than it was read', async () => {
    const { listener, hand } = await follow();
    hand.exec(`BEGIN; INSERT INTO revocation (key) VALUES ('${KEY}'); DELETE FROM revocation_change; COMMIT`);
    hand.exec(`INSERT INTO revocation (key) VALUES ('sallyport:revoked:own:token-2')`);
    await expect.poll(() => listener.losses).toBeGreaterThan(0);
    await heardFromNowOn(listener);
    hand.exec(`INSERT INTO revocation (key) VALUES ('sallyport:revoked:own:token-3')`);
    await expect.poll(() => listener.keys).toContain('sallyport:revoked:own:token-3');
  });

  it('says that changes are lost rather than read a longer log than is kept', async () => {
    const { listener, hand } = await follow();
    hand.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n <= ${CHANGES_KEPT})
      INSERT INTO revocation (key) SELECT 'sallyport:revoked:own:' || n FROM numbers
    `);
    await expect.poll(() => listener.losses).toBe(1);
    expect(listener.keys).toEqual([]);
  });

  it('falls silent, and the store with it, while another file or none is in the place of its own', async () => {
    const { path, store, listener } = await follow();
    renameSync(path, `${path}.moved`);
    // What was asked before the move may have been heard at the move itself, and at no later moment.
    const moment = performance.now();
    const write = () => store.revocations.write({ key: KEY, value: '', expiresAtSeconds: undefined });
    await expect(readValues(store, [KEY])).rejects.toThrow('was moved, deleted or replaced');
    await expect(write()).rejects.toThrow('was moved, deleted or replaced');
    await sleep(200);
    expect(listener.heardUpToMs).toBeLessThan(moment);

    renameSync(`${path}.moved`, path);
    await write();
    expect([new Set(listener.keys), listener.losses]).toEqual([new Set([KEY]), 0]);
  });

  it('tells nothing once the store is closed', async () => {
    const { store, listener, hand } = await follow();
    await store.close();
    const { heardUpToMs } = listener;
    hand.exec(`INSERT INTO revocation (key) VALUES ('${KEY}')`);
    await sleep(200);
    expect(listener).toMatchObject({ keys: [], losses: 0, heardUpToMs });
  });
});

/** A store that is followed, and another connection to its file: an operator's hand. */
async function follow(): Promise<{ path: string; store: Store; listener: RecordingListener; hand: DatabaseSync }> {
  const path = temporaryFile();
  const store = await openForTest(path);
  const listener = new RecordingListener();
  store.feed.follow(listener);
  const hand = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => hand.close());
  return { path, store, listener, hand };
}

async function heardFromNowOn(listener: RecordingListener): Promise<void> {
  const moment = performance.now();
  await expect.poll(() => listener.heardUpToMs).toBeGreaterThanOrEqual(moment);
}
