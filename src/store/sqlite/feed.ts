import { every } from '../../lib/every.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationFeed, RevocationListener } from '../../revocation-set/revocation-store.ts';
import type { Query, Reader } from './database/reader.ts';
import { asNumber, asText } from './database/rows.ts';
import { CHANGES_KEPT } from './database/schema.ts';

const POLL_MS = 50;

/** How far the log of changes was read. */
export interface Position {
  /** `PRAGMA data_version`: differs once another connection has committed anything. */
  readonly version: number;
  /** `seq` of the newest change. */
  readonly change: number;
}

interface News {
  readonly position: Position;
  /** The keys that changed; `undefined` where changes were missed. */
  readonly keys: readonly string[] | undefined;
}

/** The version is read first: what is committed between the two reads is found again by the next poll. */
export function readPosition(query: Query): Position {
  return { version: readVersion(query), change: readNewestChange(query) };
}

/**
 * Hears of changes by asking SQLite every 50 ms whether anything was committed, which costs it next to nothing, and
 * only then which keys: triggers have logged them, whoever made the change.
 */
export class SqliteFeed implements RevocationFeed {
  private readonly reader: Reader;
  private position: Position;
  private listener: RevocationListener | undefined;
  private stop: (() => void) | undefined;

  /** Tells of every change since `position`. */
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

  /** Tells at once of a change that was just committed here, even where the file can't be asked. */
  hear(entry: RevocationEntry): void {
    this.poll();
    this.listener?.wrote(entry);
  }

  end(): void {
    this.stop?.();
    this.listener = undefined;
  }

  /** Where nothing can be heard, the next poll tells of what this one would have. */
  private poll(): void {
    const { listener } = this;
    if (listener === undefined) return;
    const [askedAtMs, askedAtWallMs] = [performance.now(), Date.now()];
    const news = this.readNews();
    if (news === undefined) return;
    if (news.keys === undefined) listener.lost();
    else if (news.keys.length > 0) listener.changed(news.keys);
    this.position = news.position;
    listener.heardUpTo(askedAtMs, askedAtWallMs);
  }

  private readNews(): News | undefined {
    try {
      return this.reader.readNow((query) => newsSince(query, this.position));
    } catch {
      // Silence is the message: the listener sees how old its last word is.
      return undefined;
    }
  }
}

function newsSince(query: Query, seen: Position): News {
  if (readVersion(query) === seen.version) return { position: seen, keys: [] };
  const position = readPosition(query);
  const count = position.change - seen.change;
  const keys = count > 0 && count <= CHANGES_KEPT ? readKeys(query, seen, position) : [];
  // Numbers are consecutive, so a wrong count means a pruned log, or another one: a backup that was put back.
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
  return query(sql, after.change, upTo.change).map((row) => asText(row, 'key'));
}
