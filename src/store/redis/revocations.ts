import type { StringReads } from '../../redis/batched-reads.ts';
import { valueOf } from '../../redis/command.ts';
import type { RedisWriter } from '../../redis/redis-client.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { ENTRY_GRACE_SECONDS } from '../../revocation-set/entry.ts';
import type { RevocationReading, RevocationStore } from '../../revocation-set/revocation-store.ts';
import type { RedisFeed } from './feed.ts';
import { toNumber } from './replies.ts';

/** The revocation set in Redis: plain strings, which Redis removes {@link ENTRY_GRACE_SECONDS} after their expiry. */
export class RedisRevocations implements RevocationStore {
  private readonly reads: StringReads;
  private readonly writes: RedisWriter;
  private readonly feed: RedisFeed;

  constructor(reads: StringReads, writes: RedisWriter, feed: RedisFeed) {
    this.reads = reads;
    this.writes = writes;
    this.feed = feed;
  }

  async read(keys: readonly string[]): Promise<RevocationReading> {
    const { values, witnesses } = await this.reads.read(keys);
    return { values, epochs: witnesses };
  }

  /** May take as long as a write, since no decision waits for it. */
  async readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]> {
    return await Promise.all(keys.map((key) => this.readEntry(key)));
  }

  async write(entry: RevocationEntry): Promise<void> {
    await this.put(entry, '0');
    this.feed.acknowledged(entry);
  }

  async restore(entry: RevocationEntry): Promise<void> {
    await this.put(entry, '1');
  }

  async undo(existing: string, undone: RevocationEntry & { readonly expiresAtSeconds: number }): Promise<boolean> {
    const { key, value } = undone;
    const [endsAt, now] = [endOf(undone), Math.floor(Date.now() / 1000)];
    const args = [existing, value, endsAt, now];
    const done = toNumber(await this.writes.write({ script: 'revocations/undo', keys: [key], args })) > 0;
    if (done) this.feed.acknowledged(undone);
    return done;
  }

  private async put({ key, value, expiresAtSeconds }: RevocationEntry, restores: '0' | '1'): Promise<void> {
    const endsAt = endOf({ expiresAtSeconds });
    const now = Math.floor(Date.now() / 1000);
    await this.writes.write({ script: 'revocations/write', keys: [key], args: [value, endsAt, now, restores] });
  }

  /** Asks for the remaining time, since the clock of Redis may differ from ours: -1 is for ever, -2 is no such key. */
  private async readEntry(key: string): Promise<RevocationEntry | undefined> {
    const [got, left] = await this.writes.askAll([
      ['get', key],
      ['pttl', key],
    ]);
    const value = got && valueOf(got);
    const leftMs = Number(left?.[1]);
    if (value === undefined || leftMs === -2) return undefined;
    const expiresAtSeconds = leftMs === -1 ? undefined : (Date.now() + leftMs) / 1000 - ENTRY_GRACE_SECONDS;
    return { key, value, expiresAtSeconds };
  }
}

/** The expiry for scripts: whole Unix seconds, rounded up, or empty for never. */
export function endOf({ expiresAtSeconds }: Pick<RevocationEntry, 'expiresAtSeconds'>): string {
  return expiresAtSeconds === undefined ? '' : `${Math.ceil(expiresAtSeconds)}`;
}
