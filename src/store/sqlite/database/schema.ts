import type { DatabaseSync } from 'node:sqlite';
import { asNumber } from './rows.ts';
import { inTransaction } from './transaction.ts';

/** `PRAGMA application_id` of Sallyport's files: "SlyP". */
const APPLICATION_ID = 0x536c7950;

/** How many rows of `revocation_change` are kept; a reader that is further behind has missed changes. */
export const CHANGES_KEPT = 10_000;

/**
 * One step for each schema version; a released step is never edited. Times in `revocation` are whole seconds, because
 * operators edit that table by hand; other times are stored unchanged. Triggers fill `revocation_change`, so that the
 * feed also reports changes that were made by hand.
 */
const STEPS = [
  `
  CREATE TABLE revocation (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL DEFAULT '',
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX revocation_expires_at ON revocation (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE revocation_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER revocation_inserted AFTER INSERT ON revocation BEGIN
    INSERT INTO revocation_change (key) VALUES (NEW.key);
  END;
  CREATE TRIGGER revocation_updated AFTER UPDATE ON revocation BEGIN
    INSERT INTO revocation_change (key) VALUES (NEW.key);
  END;
  CREATE TABLE account (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL
  ) STRICT;
  CREATE TABLE token (
    id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL,
    use TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE signing_key (
    position INTEGER PRIMARY KEY,
    kid TEXT NOT NULL,
    issuer TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (issuer, kid)
  ) STRICT;
  `,
  `
  ALTER TABLE token ADD COLUMN name TEXT;
  ALTER TABLE token ADD COLUMN last_used_at REAL;
  ALTER TABLE token ADD COLUMN ended_at REAL;
  ALTER TABLE token ADD COLUMN ended_by TEXT;
  ALTER TABLE token ADD COLUMN end_reason TEXT;
  ALTER TABLE token ADD COLUMN successor TEXT;
  CREATE INDEX token_by_account ON token (account_id, created_at, id);
  CREATE INDEX token_by_end ON token (expires_at);
  `,
  // Reports entries that are deleted before they expire. Without unixepoch(), which older SQLite versions lack.
  `
  CREATE TRIGGER revocation_deleted AFTER DELETE ON revocation
  WHEN OLD.expires_at IS NULL OR OLD.expires_at > CAST(strftime('%s', 'now') AS INTEGER) BEGIN
    INSERT INTO revocation_change (key) VALUES (OLD.key);
  END;
  `,
  // The keys of an issuer as one string, so that they change together (`key-ring-text.ts`).
  `
  CREATE TABLE signing_keys (
    issuer TEXT PRIMARY KEY NOT NULL,
    ring TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO signing_keys (issuer, ring)
    SELECT issuer, json_object('revision', 1, 'keys', json_group_array(json_object(
      'kid', kid, 'issuer', issuer, 'algorithm', algorithm, 'sealed', sealed, 'createdAtSeconds', created_at,
      'signsFromSeconds', created_at, 'longestTokenSeconds', 0) ORDER BY position))
    FROM signing_key GROUP BY issuer;
  DROP TABLE signing_key;
  `,
  `
  ALTER TABLE account ADD COLUMN email TEXT;
  ALTER TABLE account ADD COLUMN email_key TEXT;
  ALTER TABLE account ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
  CREATE UNIQUE INDEX account_by_email ON account (email_key) WHERE email_key IS NOT NULL;
  `,
  // Empty strings mean "none": NULL cannot be part of a primary key.
  `
  CREATE TABLE basic_use (
    day INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    route TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at REAL NOT NULL,
    PRIMARY KEY (day, account_id, route, reason)
  ) STRICT, WITHOUT ROWID;
  `,
  // Names, places and budgets are keyed hashes. A budget is valid for an hour, a place for thirty days.
  `
  CREATE TABLE login_place (
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    last_at REAL NOT NULL,
    PRIMARY KEY (name, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX login_place_by_last ON login_place (last_at);
  CREATE TABLE login_guess (
    name TEXT NOT NULL,
    budget TEXT NOT NULL,
    failures INTEGER NOT NULL,
    next_at_ms REAL NOT NULL,
    last_at_ms REAL NOT NULL,
    PRIMARY KEY (name, budget)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX login_guess_by_last ON login_guess (last_at_ms);
  `,
  `
  CREATE TABLE idempotency (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at REAL NOT NULL,
    PRIMARY KEY (account_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_account ON idempotency (account_id, started_at);
  CREATE INDEX idempotency_by_start ON idempotency (started_at);
  `,
  // Covers every column that a filtered list needs, so that it reads only the tokens that it shows.
  `
  CREATE INDEX token_by_creation ON token (account_id, created_at, id, use, expires_at);
  DROP INDEX token_by_account;
  `,
  // The horizon up to which expired entries were purged (`purge-write.ts`). Other deletions are reported, by no clock.
  `
  CREATE TABLE purge_clock (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    horizon INTEGER NOT NULL
  ) STRICT;
  DROP TRIGGER revocation_deleted;
  CREATE TRIGGER revocation_deleted AFTER DELETE ON revocation
  WHEN OLD.expires_at IS NULL OR OLD.expires_at > ifnull((SELECT horizon FROM purge_clock), 0) BEGIN
    INSERT INTO revocation_change (key) VALUES (OLD.key);
  END;
  `,
  `
  ALTER TABLE account ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
  `,
  // The SHA-256 of an API key; NULL for a JWT.
  `
  ALTER TABLE token ADD COLUMN key_hash TEXT;
  CREATE UNIQUE INDEX token_by_key ON token (key_hash) WHERE key_hash IS NOT NULL;
  `,
  // The family of an access token that was issued with a refresh token; of a family, the lifetime of its access tokens
  // and how often it was refreshed.
  `
  ALTER TABLE token ADD COLUMN family TEXT;
  ALTER TABLE token ADD COLUMN access_ttl REAL;
  ALTER TABLE token ADD COLUMN refreshes INTEGER;
  `,
  // Hashes of DPoP proofs. A mark counts for some minutes.
  `
  CREATE TABLE used_proof (
    id TEXT PRIMARY KEY NOT NULL,
    ends_at_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX used_proof_by_end ON used_proof (ends_at_ms);
  `,
];

/**
 * Migrates a Sallyport database, or an empty one, to the newest schema. Throws for any other and does not change it.
 */
export function migrate(database: DatabaseSync): void {
  if (readVersion(database) === STEPS.length) return;
  inTransaction(database, () => {
    for (const step of STEPS.slice(readVersion(database))) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STEPS.length}`);
  });
}

function readVersion(database: DatabaseSync): number {
  const read = (sql: string) => asNumber(database.prepare(sql).get(), 'value');
  const version = read('SELECT user_version AS value FROM pragma_user_version');
  const applicationId = read('SELECT application_id AS value FROM pragma_application_id');
  const isEmpty = version === 0 && read('SELECT count(*) AS value FROM sqlite_schema') === 0;
  if (applicationId !== APPLICATION_ID && !(applicationId === 0 && isEmpty)) {
    throw new Error('is the database of another application; name another file');
  }
  if (version > STEPS.length) {
    throw new Error(
      `has schema version ${version}, but this Sallyport knows versions up to ${STEPS.length}; ` +
        'run the Sallyport that wrote it, or a newer one',
    );
  }
  return version;
}
