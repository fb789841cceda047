import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openForTest, runSql, temporaryFile } from '../../../test/support/store/sqlite-file.ts';
import { announceMissing } from '../../revocation-set/epoch-watch.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { openSqliteStore } from './store.ts';

const record = (epoch: string, more: object = {}) => JSON.stringify({ epoch, follows: [], ...more });

/** Creates a store of the epoch `e1` with one revocation, and closes it. */
async function makeStore(): Promise<string> {
  const path = temporaryFile();
  const store = await openSqliteStore(path);
  await store.epochs.swap(EPOCH_PREFIX, undefined, record('e1'));
  await store.revocations.write({ key: 'sallyport:revoked:own:a', value: '{}', expiresAtSeconds: undefined });
  await store.close();
  return path;
}

async function revoke(path: string, id: string): Promise<void> {
  const store = await openSqliteStore(path);
  await store.revocations.write({ key: `sallyport:revoked:own:${id}`, value: '{}', expiresAtSeconds: undefined });
  await store.close();
}

async function missingIn(path: string): Promise<string | undefined> {
  const store = await openSqliteStore(path);
  await store.close();
  return store.epochs.missing;
}

describe('the state file of a SQLite store', () => {
  it('holds the epoch and the number of the newest change once a write is acknowledged', async () => {
    const path = temporaryFile();
    const store = await openForTest(path);
    const known = () => JSON.parse(readFileSync(`${path}.state`, 'utf8'));
    await store.epochs.swap(EPOCH_PREFIX, undefined, record('e1'));
    expect(known()).toEqual({ epoch: 'e1', change: 1 });
    await store.revocations.write({ key: 'sallyport:revoked:own:a', value: '{}', expiresAtSeconds: undefined });
    expect(known()).toEqual({ epoch: 'e1', change: 2 });
    await store.epochs.swap(EPOCH_PREFIX, record('e1'), record('e2', { follows: ['e1'] }));
    expect(known()).toEqual({ epoch: 'e2', change: 3 });
  });

  it('reports no loss for a store that is unchanged, was moved with it, or has no state file', async () => {
    const path = await makeStore();
    expect(await missingIn(path)).toBeUndefined();
    const moved = join(dirname(path), 'moved.db');
    for (const suffix of ['', '.state']) renameSync(`${path}${suffix}`, `${moved}${suffix}`);
    expect(await missingIn(moved)).toBeUndefined();
    rmSync(`${moved}.state`);
    expect(await missingIn(moved)).toBeUndefined();
    expect(JSON.parse(readFileSync(`${moved}.state`, 'utf8'))).toEqual({ epoch: 'e1', change: 2 });
  });

  it('reports no loss after a change by hand', async () => {
    const path = await makeStore();
    await runSql(path, `INSERT INTO revocation (key, value) VALUES ('sallyport:revoked:own:b', '')`);
    expect(await missingIn(path)).toBeUndefined();
    expect(JSON.parse(readFileSync(`${path}.state`, 'utf8'))).toEqual({ epoch: 'e1', change: 3 });
  });

  it('reports an older copy until the loss is announced in the store', async () => {
    const path = await makeStore();
    copyFileSync(path, `${path}.backup`);
    await revoke(path, 'b');
    renameSync(`${path}.backup`, path);
    for (let times = 0; times < 2; times++) expect(await missingIn(path)).toBe('e1');
    const store = await openSqliteStore(path);
    await announceMissing(store.epochs, 1);
    await store.close();
    expect(await missingIn(path)).toBeUndefined();
    const again = await openForTest(path);
    const [text = ''] = (await again.epochs.read()).values();
    expect(JSON.parse(text)).toMatchObject({ lost: ['e1'], noticedAt: 1 });
    await announceMissing(again.epochs, 2);
    expect((await again.epochs.read()).get(EPOCH_PREFIX)).toBe(text);
  });

  it.each([
    ['another set', record('x')],
    ['a set that does not follow it', record('e0', { follows: ['e'] })],
    ['no record', undefined],
    ['a damaged record', '{'],
  ])('reports %s instead of the known set', async (_what, value) => {
    const path = await makeStore();
    await runSql(
      path,
      value === undefined
        ? `DELETE FROM revocation WHERE key = '${EPOCH_PREFIX}'`
        : `UPDATE revocation SET value = '${value}' WHERE key = '${EPOCH_PREFIX}'`,
    );
    expect(await missingIn(path)).toBe('e1');
  });

  it.each([
    ['announced', record('e2', { lost: ['e1'], noticedAt: 1 })],
    ['accepted', record('e3', { follows: ['e1', 'e2'] })],
  ])('reports no loss once it was %s', async (_what, value) => {
    const path = await makeStore();
    await runSql(path, `UPDATE revocation SET value = '${value}' WHERE key = '${EPOCH_PREFIX}'`);
    expect(await missingIn(path)).toBeUndefined();
  });

  it('is refused if it is damaged', async () => {
    const path = await makeStore();
    for (const text of ['', '{}', '[]', 'null', '{"epoch":1,"change":2}', '{"epoch":"e1","change":"2"}']) {
      writeFileSync(`${path}.state`, text);
      await expect(openSqliteStore(path)).rejects.toThrow(`"${path}.state" is damaged`);
    }
  });
});

describe('a missing or empty SQLite store', () => {
  it.each(['.state', '.seal'])('is not created again next to store.db%s', async (suffix) => {
    const path = temporaryFile();
    writeFileSync(`${path}${suffix}`, '{"epoch":"e1","change":2}', { mode: 0o600 });
    const advice = `To start with an empty store and new signing keys, remove "${path}${suffix}" first`;
    await expect(openSqliteStore(path)).rejects.toThrow(
      `is missing; restore it, with its -wal file if it has one. ${advice}`,
    );
    // Copied without its log.
    writeFileSync(path, '', { mode: 0o600 });
    await expect(openSqliteStore(path)).rejects.toThrow(
      `is empty; restore the whole store: it may have been copied without its -wal file. ${advice}`,
    );
    const store = await openSqliteStore(path, { isImport: true });
    await store.close();
  });

  it('is refused if it was copied while in use, without its log', async () => {
    const path = temporaryFile();
    const store = await openSqliteStore(path);
    await store.epochs.swap(EPOCH_PREFIX, undefined, record('e1'));
    copyFileSync(path, `${path}.copy`);
    await store.close();
    renameSync(`${path}.copy`, path);
    await expect(openSqliteStore(path)).rejects.toThrow('it may have been copied without its -wal file');
  });

  it('is refused by an instance if it was copied to another path without its log', async () => {
    const path = temporaryFile();
    const store = await openSqliteStore(path);
    const ring = [
      { kid: 'k', issuer: 'own', algorithm: 'EdDSA', sealed: 's', createdAtSeconds: 1, signsFromSeconds: 1 },
    ];
    await store.signingKeys.replace(
      'own',
      0,
      ring.map((key) => ({ ...key, longestTokenSeconds: 1 })),
    );
    copyFileSync(path, `${path}.copy`);
    await store.close();
    await expect(openSqliteStore(`${path}.copy`, { purges: true })).rejects.toThrow(
      `may have been copied without its -wal file. Restore the whole store. To start with an empty store and new signing keys, remove "${path}.copy" first`,
    );
    await (await openSqliteStore(path, { purges: true })).close();
  });

  it('is created by the first instance', async () => {
    const path = temporaryFile();
    await (await openSqliteStore(path, { purges: true })).close();
  });
});
