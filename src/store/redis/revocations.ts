import type { RevocationEntry, RevocationStore } from '../store.ts';
import { BatchedReads } from './batched-reads.ts';
import type { Connection } from './connection.ts';
import type { RedisEpochs } from './epochs.ts';
import type { RedisFeed } from './feed.ts';
import type { Answer } from './primary.ts';
import { askPrimary, valueOf } from './primary.ts';
import type { Writes } from './writes.ts';

/** The revocation set in Redis: plain strings at the keys of the entries, expiring with them. */
export class RedisRevocations implements RevocationStore {
  private readonly reads: BatchedReads;
  private readonly writes: Writes;
  private readonly feed: RedisFeed;

  constructor(reads: Connection, writes: Writes, feed: RedisFeed, epochs: RedisEpochs) {
    this.reads = new BatchedReads(reads, epochs);
    this.writes = writes;
    this.feed = feed;
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return await this.reads.read(keys);
  }

  /** No decision waits for it, so it may take as long as a write. */
  async readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]> {
    if (keys.length === 0) return [];
    const values = keys.map((key) => ['get', key]);
    const expiries = keys.map((key) => ['pttl', key]);
    const answers = await this.writes.ask((client) => askPrimary(client, [...values, ...expiries]));
    const nowMs = Date.now();
    return keys.map((key, index) => entryOf(key, answers[index], answers[keys.length + index], nowMs));
  }

  async write(entry: RevocationEntry): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    await this.writes.write((client) => client.sallyportRevoke(entry.key, entry.value, endOf(entry), now));
    this.feed.hear(entry);
  }
}

/** As the scripts take it: whole Unix seconds, rounded up, or empty for never. */
export function endOf({ expiresAtSeconds }: RevocationEntry): string {
  return expiresAtSeconds === undefined ? '' : `${Math.ceil(expiresAtSeconds)}`;
}

/** How long is left is asked for, because the clock of Redis may be another one: -1 for ever, -2 none. */
function entryOf(key: string, got: Answer | undefined, left: Answer | undefined, nowMs: number) {
  const value = got && valueOf(got);
  const leftMs = Number(left?.[1]);
  if (value === undefined || leftMs === -2) return undefined;
  return { key, value, expiresAtSeconds: leftMs === -1 ? undefined : (nowMs + leftMs) / 1000 };
}
