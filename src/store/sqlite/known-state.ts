import type { DatabaseSync } from 'node:sqlite';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { asNumber, asString } from './database/rows.ts';
import type { KnownState } from './database/state-file.ts';
import { readStateFile, writeStateFile } from './database/state-file.ts';

/** The state of the store when the file was opened. */
export interface OpenedState {
  /** Whether the store has no records. */
  readonly isEmpty: boolean;
  /** The known epoch, if the set in the store is another one or an older copy. */
  readonly missingEpoch: string | undefined;
}

/** The state in the store, with all epochs that its record names. */
interface StoreState extends KnownState {
  readonly names: readonly string[];
}

/**
 * Keeps the known state of the store in a file next to it, to detect that an older copy was restored while no instance
 * ran. Writes the file after a commit, so after a crash it may be behind the store but never ahead of it. If the store
 * is behind, leaves the file unchanged until the loss is announced in the store itself.
 */
export class StateKeeper {
  private readonly database: DatabaseSync;
  private readonly path: string;
  private last: KnownState | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.database = database;
    this.path = path;
  }

  /** Compares file and store, and updates the file if it is behind. Throws if the file cannot be read or written. */
  open(): OpenedState {
    const known = readStateFile(this.path);
    const current = readStoreState(this.database);
    const missingEpoch = known !== undefined && isBehind(current, known) ? known.epoch : undefined;
    if (missingEpoch === undefined) this.write();
    return { isEmpty: current === undefined && holdsNothing(this.database), missingEpoch };
  }

  /** Updates the file after a commit. If that fails, the file stays older and the next commit tries again. */
  record(): void {
    try {
      const current = readStoreState(this.database);
      if (current?.epoch !== this.last?.epoch || current?.change !== this.last?.change) this.write();
    } catch {
      // The commit itself succeeded.
    }
  }

  /** Writes under the store's write lock, so that no process overwrites a newer state with an older one. */
  private write(): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const current = readStoreState(this.database);
      const known = readStateFile(this.path);
      if (current === undefined || (known !== undefined && isBehind(current, known))) return;
      if (known?.epoch !== current.epoch || known.change !== current.change) writeStateFile(this.path, current);
      this.last = current;
    } finally {
      this.database.exec('ROLLBACK');
    }
  }
}

/** Whether the store is older than the known state. Change numbers are compared only within one epoch. */
function isBehind(current: StoreState | undefined, known: KnownState): boolean {
  if (current === undefined || !current.names.includes(known.epoch)) return true;
  return current.epoch === known.epoch && current.change < known.change;
}

/** Reads the state in the store; returns `undefined` if it has no valid epoch record. */
function readStoreState(database: DatabaseSync): StoreState | undefined {
  const row = database.prepare('SELECT value FROM revocation WHERE key = ?').get(EPOCH_PREFIX);
  if (row === undefined) return undefined;
  const names = namesIn(asString(row, 'value'));
  const epoch = names.at(-1);
  const newest = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM revocation_change').get();
  return epoch === undefined ? undefined : { epoch, names, change: asNumber(newest, 'seq') };
}

/** Returns the epochs that a record names, its own last. */
function namesIn(record: string): readonly string[] {
  let members: unknown;
  try {
    members = JSON.parse(record);
  } catch {
    return [];
  }
  if (typeof members !== 'object' || members === null) return [];
  // An operator may have written anything here; values that are not names are ignored.
  const { follows, lost, epoch }: Partial<Record<'follows' | 'lost' | 'epoch', unknown>> = members;
  const listed: unknown[] = [follows, lost].flatMap((list): unknown => (Array.isArray(list) ? list : []));
  return typeof epoch === 'string' ? [...listed.filter((name) => typeof name === 'string'), epoch] : [];
}

function holdsNothing(database: DatabaseSync): boolean {
  const tables = ['revocation', 'account', 'token', 'signing_keys'];
  return tables.every((table) => database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined);
}
