import { every } from '../../lib/timers/every.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationFeed, RevocationListener } from '../../revocation-set/revocation-store.ts';
import type { Query, Reader } from './database/reader.ts';
import { asNumber, asString } from './database/rows.ts';
import { CHANGES_KEPT } from './database/schema.ts';

const POLL_MS = 50;

/** How far the log of changes has been read. */
export interface Position {
  /** `PRAGMA data_version`, which changes whenever another connection commits. */
  readonly version: number;
  /** The `seq` of the newest change. */
  readonly change: number;
}

interface Changes {
  readonly position: Position;
  /** The keys that changed; `undefined` if changes were missed. */
  readonly keys: readonly string[] | undefined;
}

/** Reads the version first, so that the next poll finds whatever is committed between the two reads. */
export function readPosition(query: Query): Position {
  return { version: readVersion(query), change: readNewestChange(query) };
}

/**
 * Reports changes by polling: every 50 ms it checks whether another connection committed, which costs almost nothing,
 * and only then reads the changed keys. Triggers log these for every writer.
 */
export class SqliteFeed implements RevocationFeed {
  private readonly reader: Reader;
  private position: Position;
  private listener: RevocationListener | undefined;
  private stop: (() => void) | undefined;

  /** Creates a feed that reports every change since `position`. */
  constructor(reader: Reader, position: Position) {
    this.reader = reader;
    this.position = position;
  }

  follow(listener: RevocationListener): void {
    if (this.stop !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    this.stop = every(POLL_MS, () => this.poll());
    this.poll();
  }

  /** Reports a change that this process just committed, even if the file cannot be read. */
  report(entry: RevocationEntry): void {
    this.poll();
    this.listener?.wrote(entry);
  }

  end(): void {
    this.stop?.();
    this.listener = undefined;
  }

  /** Reports changes; if the read fails, the next poll reports them. */
  private poll(): void {
    const { listener } = this;
    if (listener === undefined) return;
    const [polledAtMs, polledAtWallMs] = [performance.now(), Date.now()];
    const changes = this.readChanges();
    if (changes === undefined) return;
    if (changes.keys === undefined) listener.lost();
    else if (changes.keys.length > 0) listener.changed(changes.keys);
    this.position = changes.position;
    listener.heardUpTo(polledAtMs, polledAtWallMs);
  }

  private readChanges(): Changes | undefined {
    try {
      return this.reader.readNow((query) => changesSince(query, this.position));
    } catch {
      // The listener sees from the age of the last report that the feed is silent.
      return undefined;
    }
  }
}

function changesSince(query: Query, seen: Position): Changes {
  if (readVersion(query) === seen.version) return { position: seen, keys: [] };
  const position = readPosition(query);
  const count = position.change - seen.change;
  const keys = count > 0 && count <= CHANGES_KEPT ? readKeys(query, seen, position) : [];
  // Numbers are consecutive, so a wrong count means that the log was pruned, or that a backup was restored.
  return { position, keys: keys.length === count ? keys : undefined };
}

function readVersion(query: Query): number {
  return asNumber(query('PRAGMA data_version')[0], 'data_version');
}

function readNewestChange(query: Query): number {
  return asNumber(query('SELECT coalesce(max(seq), 0) AS seq FROM revocation_change')[0], 'seq');
}

function readKeys(query: Query, after: Position, upTo: Position): string[] {
  const sql = 'SELECT key FROM revocation_change WHERE seq > ? AND seq <= ? ORDER BY seq';
  return query(sql, after.change, upTo.change).map((row) => asString(row, 'key'));
}
