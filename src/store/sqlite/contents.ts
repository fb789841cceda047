import type { DatabaseSync } from 'node:sqlite';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { readRing } from '../key-ring-text.ts';
import type { StoreContents, StoredRecord } from '../store.ts';
import type { Reader } from './database/reader.ts';
import type { Row } from './database/rows.ts';
import { asString } from './database/rows.ts';
import { toAccount, toEntry, toToken } from './records.ts';

interface Part {
  readonly sql: string;
  readonly toRecords: (row: Row) => readonly StoredRecord[];
}

const REVOCATIONS = `SELECT key, value, expires_at FROM revocation WHERE key NOT LIKE '${EPOCH_PREFIX}%' ORDER BY key`;

const PARTS: readonly Part[] = [
  {
    sql: 'SELECT * FROM account ORDER BY position',
    toRecords: (row) => [{ kind: 'account', record: toAccount(row) }],
  },
  {
    sql: 'SELECT ring FROM signing_keys',
    toRecords: (row) => readRing(asString(row, 'ring')).keys.map((record) => ({ kind: 'signing-key', record })),
  },
  { sql: 'SELECT * FROM token', toRecords: (row) => [{ kind: 'token', record: toToken(row) }] },
  {
    sql: REVOCATIONS,
    toRecords: (row) => [{ kind: 'revocation', record: toEntry(row) }],
  },
];

/** A snapshot of all records in the file. */
export class SqliteContents implements StoreContents {
  private readonly reader: Reader;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  read(): AsyncIterable<StoredRecord> {
    return this.reader.readThrough(readAll);
  }

  readRevocations(): AsyncIterable<RevocationEntry> {
    return this.reader.readThrough(readRevocations);
  }
}

function* readRevocations(database: DatabaseSync): Iterable<RevocationEntry> {
  for (const row of database.prepare(REVOCATIONS).iterate()) yield toEntry(row);
}

function* readAll(database: DatabaseSync): Iterable<StoredRecord> {
  for (const { sql, toRecords } of PARTS) {
    for (const row of database.prepare(sql).iterate()) yield* toRecords(row);
  }
}
