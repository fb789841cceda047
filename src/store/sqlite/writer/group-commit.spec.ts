import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { account as makeAccount } from '../../../../test/support/store/records.ts';
import { migrate } from '../database/schema.ts';
import { commitTogether } from './group-commit.ts';
import type { Request } from './messages.ts';

const FILE = { path: 'store.db', check: () => undefined };

describe('commitTogether()', () => {
  it('answers each request separately, and commits those that succeed', () => {
    const database = openDatabase();
    const answers = commitTogether(database, FILE, [addToken(1, 'a'), addToken(2, 'a'), addToken(3, 'b')]);
    expect(answers).toMatchObject([
      { id: 1, value: true },
      { id: 2, error: { message: 'SQLite store "store.db": UNIQUE constraint failed: token.id' } },
      { id: 3, value: true },
    ]);
    expect(countTokens(database)).toBe(2);
  });

  it('rolls back everything that a failing request wrote', () => {
    const database = openDatabase();
    database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON revocation BEGIN SELECT raise(ABORT, 'no'); END`);
    const account = makeAccount('a', 'ada');
    const mark = { key: 'sallyport:notbefore:own:a', value: '1', expiresAtSeconds: undefined };
    commitTogether(database, FILE, [{ id: 1, operation: ['addAccount', account, {}] }]);
    const answers = commitTogether(database, FILE, [{ id: 2, operation: ['removeAccount', 'a', mark, undefined] }]);
    expect(answers).toMatchObject([{ id: 2, error: { message: 'SQLite store "store.db": no' } }]);
    expect(database.prepare('SELECT id FROM account').all()).toEqual([{ id: 'a' }, { id: 'x' }]);
  });

  it('answers every request with the error if SQLite rolls back the transaction', () => {
    const database = openDatabase();
    database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON token WHEN NEW.id = 'b'
      BEGIN SELECT raise(ROLLBACK, 'disk full'); END`);
    const answers = commitTogether(database, FILE, [addToken(1, 'a'), addToken(2, 'b'), addToken(3, 'c')]);
    expect(answers.map((answer) => 'error' in answer)).toEqual([true, true, true]);
    expect(countTokens(database)).toBe(0);
  });
});

function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  database.exec(`INSERT INTO account (id, name, name_key, password_hash, scopes, created_at)
    VALUES ('x', 'x', 'x', '', '[]', 1)`);
  return database;
}

function addToken(id: number, tokenId: string): Request {
  const times = { createdAtSeconds: 1, expiresAtSeconds: 2 };
  return {
    id,
    operation: ['addToken', { id: tokenId, accountId: 'x', use: 'access', scopes: [], ...times }, 0],
  };
}

function countTokens(database: DatabaseSync): unknown {
  return database.prepare('SELECT count(*) AS count FROM token').get()?.['count'];
}
