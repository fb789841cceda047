import type { DatabaseSync } from 'node:sqlite';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { asNumber, asText } from './database/rows.ts';
import type { KnownState } from './database/state-file.ts';
import { readStateFile, writeStateFile } from './database/state-file.ts';

/** What was found when the file was opened. */
export interface Found {
  /** Whether the store holds nothing at all. */
  readonly isEmpty: boolean;
  /** The epoch that was known, where the set is another one or an older copy. */
  readonly missingEpoch: string | undefined;
}

/** The epoch record in the file: its own name, and all that it vouches for. */
interface Standing extends KnownState {
  readonly names: readonly string[];
}

/**
 * Keeps what is known of the store in a file beside it, so that an older copy is noticed that was put back while nothing
 * ran. Written after a commit, and never before: after a crash it may be behind the store, but not ahead of it. Where the
 * store is behind, the file stays as it is, until somebody has announced the loss in the store itself.
 */
export class StateKeeper {
  private readonly database: DatabaseSync;
  private readonly path: string;
  private last: KnownState | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.database = database;
    this.path = path;
  }

  /** Compares the two, and writes the file where it is behind. Throws where that cannot be done. */
  open(): Found {
    const known = readStateFile(this.path);
    const standing = readStanding(this.database);
    const missingEpoch = known !== undefined && isBehind(standing, known) ? known.epoch : undefined;
    if (missingEpoch === undefined) this.write();
    return { isEmpty: standing === undefined && holdsNothing(this.database), missingEpoch };
  }

  /** After a commit. Where the file cannot be written, what is known is older; the next commit tries again. */
  record(): void {
    try {
      const standing = readStanding(this.database);
      if (standing?.epoch !== this.last?.epoch || standing?.change !== this.last?.change) this.write();
    } catch {
      // What was committed stays so.
    }
  }

  /** Under the store's write lock, so that of several processes none puts an older state over a newer one. */
  private write(): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const standing = readStanding(this.database);
      const known = readStateFile(this.path);
      if (standing === undefined || (known !== undefined && isBehind(standing, known))) return;
      if (known?.epoch !== standing.epoch || known.change !== standing.change) writeStateFile(this.path, standing);
      this.last = standing;
    } finally {
      this.database.exec('ROLLBACK');
    }
  }
}

/** Numbers of different epochs cannot be compared, but an epoch vouches for those before it. */
function isBehind(standing: Standing | undefined, known: KnownState): boolean {
  if (standing === undefined || !standing.names.includes(known.epoch)) return true;
  return standing.epoch === known.epoch && standing.change < known.change;
}

/** `undefined` where there is no epoch record, or none that can be read. */
function readStanding(database: DatabaseSync): Standing | undefined {
  const row = database.prepare('SELECT value FROM revocation WHERE key = ?').get(EPOCH_PREFIX);
  if (row === undefined) return undefined;
  const names = namesIn(asText(row, 'value'));
  const epoch = names.at(-1);
  const newest = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM revocation_change').get();
  return epoch === undefined ? undefined : { epoch, names, change: asNumber(newest, 'seq') };
}

/** The epochs that a record names, its own last. */
function namesIn(record: string): readonly string[] {
  let members: unknown;
  try {
    members = JSON.parse(record);
  } catch {
    return [];
  }
  if (typeof members !== 'object' || members === null) return [];
  // A hand may have written anything; what is no name is left out.
  const { follows, lost, epoch }: Partial<Record<'follows' | 'lost' | 'epoch', unknown>> = members;
  const listed: unknown[] = [follows, lost].flatMap((list): unknown => (Array.isArray(list) ? list : []));
  return typeof epoch === 'string' ? [...listed.filter((name) => typeof name === 'string'), epoch] : [];
}

function holdsNothing(database: DatabaseSync): boolean {
  const tables = ['revocation', 'account', 'token', 'signing_keys'];
  return tables.every((table) => database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined);
}
