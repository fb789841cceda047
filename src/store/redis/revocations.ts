import type { RevocationEntry, RevocationStore } from '../store.ts';
import { BatchedReads } from './batched-reads.ts';
import type { Connection } from './connection.ts';
import type { RedisFeed } from './feed.ts';
import type { Writes } from './writes.ts';

/** The revocation set in Redis: plain strings at the keys of the entries, expiring with them. */
export class RedisRevocations implements RevocationStore {
  private readonly reads: BatchedReads;
  private readonly writes: Writes;
  private readonly feed: RedisFeed;

  constructor(reads: Connection, writes: Writes, feed: RedisFeed) {
    this.reads = new BatchedReads(reads);
    this.writes = writes;
    this.feed = feed;
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return await this.reads.read(keys);
  }

  async write(entry: RevocationEntry): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    await this.writes.write((client) => client.sallyportRevoke(entry.key, entry.value, endOf(entry), now));
    this.feed.hear(entry.key);
  }
}

/** As the scripts take it: whole Unix seconds, rounded up, or empty for never. */
export function endOf({ expiresAtSeconds }: RevocationEntry): string {
  return expiresAtSeconds === undefined ? '' : `${Math.ceil(expiresAtSeconds)}`;
}
