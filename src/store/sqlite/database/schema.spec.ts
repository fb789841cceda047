import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readValues } from '../../../../test/support/store/revocations.ts';
import { openForTest, runScript, temporaryFile } from '../../../../test/support/store/sqlite-file.ts';
import { StoreError } from '../../../core/ports.ts';
import { EPOCH_PREFIX } from '../../../revocation-set/revocation-store.ts';
import { openSqliteStore } from '../store.ts';

const STORE = new URL('../store.ts', import.meta.url).href;

describe('openSqliteStore()', () => {
  it('creates the file, its log and its index for the owner only', async () => {
    const path = temporaryFile();
    await openForTest(path);
    expect(readdirSync(dirname(path)).sort()).toEqual(['store.db', 'store.db-shm', 'store.db-wal']);
    for (const suffix of ['', '-shm', '-wal']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
  });

  it.each(['', '-wal', '-shm', '.seal', '.state'])(
    'refuses a file that other users may read or write: store.db%s',
    async (suffix) => {
      const path = temporaryFile();
      const file = `${path}${suffix}`;
      writeFileSync(file, '');
      for (const mode of [0o640, 0o604, 0o620, 0o602]) {
        chmodSync(file, mode);
        await expect(openSqliteStore(path)).rejects.toThrow(
          new StoreError(
            `SQLite store "${path}": other users may read or write "${file}" (mode 0${mode.toString(8)}); run: chmod 600 "${file}"`,
          ),
        );
      }
      expect(readdirSync(dirname(path))).toEqual([`store.db${suffix}`]);
    },
  );

  it('creates files for the owner only, whatever the umask', async () => {
    const former = process.umask(0);
    onTestFinished(() => void process.umask(former));
    const path = temporaryFile();
    const store = await openForTest(path);
    await store.epochs.swap(EPOCH_PREFIX, undefined, '{"epoch":"e","follows":[]}');
    for (const file of readdirSync(dirname(path))) expect(statSync(join(dirname(path), file)).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toContain('store.db.state');
  });

  it('reads what it stored before, and leaves one file when it closes', async () => {
    const path = temporaryFile();
    const store = await openSqliteStore(path);
    await store.revocations.write({ key: 'sallyport:revoked:own:a', value: 'A', expiresAtSeconds: undefined });
    await store.close();
    expect(readdirSync(dirname(path))).toEqual(['store.db']);
    const again = await openForTest(path);
    expect(await readValues(again, ['sallyport:revoked:own:a'])).toEqual(['A']);
  });

  it('can open a new file in several processes at once', async () => {
    const path = temporaryFile();
    const script = `
      import { openSqliteStore } from '${STORE}';
      const store = await openSqliteStore(process.argv[1]);
      await store.revocations.write({ key: process.argv[2], value: '', expiresAtSeconds: undefined });
      await store.close();
    `;
    const keys = ['a', 'b', 'c', 'd'];
    await Promise.all(keys.map((key) => runScript(script, path, key)));
    const store = await openForTest(path);
    expect(await readValues(store, keys)).toEqual(['', '', '', '']);
  });

  it('migrates the signing keys of schema version 3', async () => {
    const path = temporaryFile();
    await (await openSqliteStore(path)).close();
    execute(
      path,
      `DROP TRIGGER revocation_deleted;
       DROP TABLE purge_clock;
       CREATE TRIGGER revocation_deleted AFTER DELETE ON revocation BEGIN SELECT 1; END;
       DROP TABLE login_place;
       DROP TABLE login_guess;
       DROP TABLE idempotency;
       DROP INDEX token_by_creation;
       DROP INDEX token_by_key;
       ALTER TABLE token DROP COLUMN key_hash;
       ALTER TABLE token DROP COLUMN family;
       ALTER TABLE token DROP COLUMN access_ttl;
       ALTER TABLE token DROP COLUMN refreshes;
       CREATE INDEX token_by_account ON token (account_id, created_at, id);
       DROP TABLE basic_use;
       DROP TABLE used_proof;
       DROP INDEX account_by_email;
       ALTER TABLE account DROP COLUMN email;
       ALTER TABLE account DROP COLUMN email_key;
       ALTER TABLE account DROP COLUMN disabled;
       ALTER TABLE account DROP COLUMN version;
       DROP TABLE signing_keys;
       CREATE TABLE signing_key (position INTEGER PRIMARY KEY, kid TEXT NOT NULL, issuer TEXT NOT NULL,
         algorithm TEXT NOT NULL, sealed TEXT NOT NULL, created_at REAL NOT NULL, UNIQUE (issuer, kid)) STRICT;
       INSERT INTO signing_key (kid, issuer, algorithm, sealed, created_at)
         VALUES ('k', 'own', 'EdDSA', 's', 1000.5), ('k', 'other', 'ES256', 't', 2000);
       PRAGMA user_version = 3`,
    );
    const { signingKeys } = await openForTest(path);
    const { revision, keys } = await signingKeys.read('own');
    const times = { createdAtSeconds: 1000.5, signsFromSeconds: 1000.5, longestTokenSeconds: 0 };
    expect(keys).toEqual([{ kid: 'k', issuer: 'own', algorithm: 'EdDSA', sealed: 's', ...times }]);
    expect(await signingKeys.replace('own', revision, [])).toBe(true);
    expect((await signingKeys.read('other')).keys).toMatchObject([{ algorithm: 'ES256' }]);
  });

  it('refuses a file of a newer schema version', async () => {
    const path = temporaryFile();
    await (await openSqliteStore(path)).close();
    execute(path, 'PRAGMA user_version = 99');
    await expect(openSqliteStore(path)).rejects.toThrow(
      /SQLite store ".+": has schema version 99, but this Sallyport knows versions up to \d+; run the Sallyport that wrote it/,
    );
  });

  it.each([
    ['with tables', 'CREATE TABLE recipe (name TEXT)'],
    ['with an id', 'PRAGMA application_id = 7'],
    ['with a version', 'PRAGMA user_version = 1'],
  ])('refuses the database of another application, %s, and does not change it', async (_, sql) => {
    const path = temporaryFile();
    execute(path, sql);
    const before = readFileSync(path);
    await expect(openSqliteStore(path)).rejects.toThrow('is the database of another application; name another file');
    expect(readFileSync(path)).toEqual(before);
  });

  it('refuses a file that is not a database', async () => {
    const path = temporaryFile();
    writeFileSync(path, 'Dear diary, '.repeat(1_000), { mode: 0o600 });
    await expect(openSqliteStore(path)).rejects.toThrow(
      `SQLite store "${path}": is not an SQLite database; name another file`,
    );
  });

  it('refuses a directory', async () => {
    const path = temporaryFile();
    mkdirSync(path);
    await expect(openSqliteStore(path)).rejects.toThrow('is a directory; name a file in it');
  });

  it('refuses a path whose directory does not exist', async () => {
    const path = `${temporaryFile()}/store.db`;
    await expect(openSqliteStore(path)).rejects.toThrow(
      new StoreError(`SQLite store "${path}": the directory "${dirname(path)}" does not exist; create it`),
    );
  });
});

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  chmodSync(path, 0o600);
}
