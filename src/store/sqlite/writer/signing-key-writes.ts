import type { DatabaseSync } from 'node:sqlite';
import type { SealedSigningKey } from '../../../signing/signing-key-store.ts';
import { readRing, writeRing } from '../../key-ring-text.ts';
import { asString } from '../database/rows.ts';
import { change } from '../database/statement.ts';

/** Replaces the key ring of an issuer. Returns `false` and writes nothing if the ring has another revision. */
export function replaceSigningKeys(
  database: DatabaseSync,
  issuer: string,
  revision: number,
  keys: readonly SealedSigningKey[],
): boolean {
  const row = database.prepare('SELECT ring FROM signing_keys WHERE issuer = ?').get(issuer);
  if (readRing(row && asString(row, 'ring')).revision !== revision) return false;
  const sql =
    'INSERT INTO signing_keys (issuer, ring) VALUES (?, ?) ON CONFLICT (issuer) DO UPDATE SET ring = excluded.ring';
  return change(database, sql, [issuer, writeRing({ revision: revision + 1, keys })]) > 0;
}
