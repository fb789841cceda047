import { LRUCache } from 'lru-cache';
import type { Reach } from '../core/revocation-entry.ts';
import type { Standing } from '../core/standing.ts';
import { NO_EPOCH, unread } from '../core/standing.ts';
import { growingTo } from '../lib/caches/growing-cache.ts';

/** How many evicted standings stay reachable although their entries exist: about 200 bytes each. */
const MAX_EVICTED = 100_000;

export interface StandingCacheParts {
  /** The seen entries, which apply whatever the store says. */
  readonly known: {
    reachOf(key: string): Reach | undefined;
    /** Notes that an entry with a later beginning now applies. */
    begun(key: string): void;
  };
  /** Capacity; the least recently used standings are evicted first. */
  readonly maxEntries: number;
  /** How many evicted standings stay reachable; 100,000 by default. */
  readonly maxEvicted?: number;
}

/** The LRU cache of standings, one for each key. Marks each by the entries that this instance has seen. */
export class StandingCache {
  private readonly known: StandingCacheParts['known'];
  private readonly entries: LRUCache<string, Standing>;
  /** Tokens that these deny cause no further reads, so an entry that is undone must be found here. */
  private readonly evicted: LRUCache<string, Standing>;

  constructor({ known, maxEntries, maxEvicted = MAX_EVICTED }: StandingCacheParts) {
    this.known = known;
    this.evicted = new LRUCache(growingTo(maxEvicted));
    // A standing that leaves the LRU no longer learns of changes, so it must not be trusted.
    this.entries = new LRUCache({ ...growingTo(maxEntries), dispose: (standing) => this.dispose(standing) });
  }

  /** How many standings are cached. */
  get size(): number {
    return this.entries.size;
  }

  /** Returns the shared standing of a key, and creates it if there is none. */
  at(key: string): Standing {
    const standing = this.find(key);
    if (standing !== undefined) return standing;
    const fresh = unread(key);
    this.entries.set(key, fresh);
    this.apply(key);
    return fresh;
  }

  /** Returns the cached standing of a key, and creates none: callers could otherwise fill the cache with made-up keys. */
  peek(key: string): Standing | undefined {
    return this.entries.peek(key);
  }

  /** Returns the shared standing in place of one that an eviction may have orphaned. A mark is kept. */
  share(standing: Standing): Standing {
    const shared = this.find(standing.key);
    if (shared === undefined) {
      this.entries.set(standing.key, standing);
      this.apply(standing.key);
    }
    if (shared !== undefined && shared !== standing && standing.marked) mark(shared, standing);
    return shared ?? standing;
  }

  /** Marks the cached standing of a key, if there is one, by the seen entry. */
  apply(key: string): void {
    const [standing, reach] = [this.entries.peek(key), this.known.reachOf(key)];
    if (standing !== undefined && reach !== undefined) mark(standing, reach);
  }

  /** Has the cached standing of a key, if there is one, read again. A mark stays. */
  forget(key: string): void {
    const standing = this.entries.peek(key);
    if (standing !== undefined) forget(standing);
    this.apply(key);
  }

  /** Clears the standing of an entry that an operator undid. */
  release(key: string): void {
    const standing = this.entries.peek(key) ?? this.evicted.peek(key);
    this.evicted.delete(key);
    if (standing === undefined) return;
    unmark(standing);
    forget(standing);
  }

  /** Returns the shared standing, even if it was evicted while marked. */
  private find(key: string): Standing | undefined {
    const standing = this.entries.get(key);
    const evicted = standing === undefined ? this.evicted.get(key) : undefined;
    if (evicted === undefined) return standing;
    this.evicted.delete(key);
    this.entries.set(key, evicted);
    this.apply(key);
    return evicted;
  }

  private dispose(standing: Standing): void {
    forget(standing);
    if (standing.marked) this.evicted.set(standing.key, standing);
    if (standing.marked && standing.fromSeconds === Number.NEGATIVE_INFINITY) this.known.begun(standing.key);
  }
}

function forget(standing: Standing): void {
  standing.epoch = NO_EPOCH;
  standing.answeredAtMs = Number.NEGATIVE_INFINITY;
}

function unmark(standing: Standing): void {
  standing.marked = false;
  standing.issuedUpToSeconds = Number.NEGATIVE_INFINITY;
  standing.fromSeconds = Number.POSITIVE_INFINITY;
}

/** A mark is only ever widened: "revoked" stays, whatever the store says later, until the entry is undone. */
export function mark(standing: Standing, reach: Reach): void {
  standing.marked = true;
  standing.issuedUpToSeconds = Math.max(standing.issuedUpToSeconds, reach.issuedUpToSeconds);
  standing.fromSeconds = Math.min(standing.fromSeconds, reach.fromSeconds);
}
