import { setTimeout as wait } from 'node:timers/promises';
import { backOffMs, lastingBackOffMs } from '../../lib/back-off.ts';
import type { Connection } from '../../redis/connection.ts';
import type { ServerLabel } from '../../redis/failure.ts';
import { fault, isLasting, isReplica, storeErrorFrom } from '../../redis/failure.ts';
import type { SessionListener } from '../../redis/tracking-session.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationFeed, RevocationListener } from '../../revocation-set/revocation-store.ts';

/** One life of the feed. */
export interface Tracking {
  /** Lives until it breaks off, or `end()`; resolves with what went wrong, all of it closed. */
  run(): Promise<unknown>;
  end(cause?: Error): void;
}

export interface FeedParts {
  readonly place: ServerLabel;
  readonly session: (listener: SessionListener) => Tracking;
  /** What decisions read through, which is doubted where the feed meets a replica. */
  readonly reads: Pick<Connection, 'doubt' | 'recheck'>;
}

/**
 * Hears of every change to the revocation set, whoever made it, by client tracking; made again for ever when it breaks.
 * What changed meanwhile is unknown: the listener is told so before it is told that anything was heard again.
 */
export class RedisFeed implements RevocationFeed {
  private readonly parts: FeedParts;
  private listener: RevocationListener | undefined;
  /** What was written before anybody listened. */
  private readonly early: RevocationEntry[] = [];
  private readonly ended = new AbortController();
  private session: Tracking | undefined;
  private running: Promise<void> | undefined;
  private attempts = 0;
  /** Ends the wait before the next attempt. */
  private pause = new AbortController();

  constructor(parts: FeedParts) {
    this.parts = parts;
  }

  follow(listener: RevocationListener): void {
    if (this.listener !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    for (const entry of this.early.splice(0)) listener.wrote(entry);
    this.running = this.run(listener);
  }

  /** Tells of a change that was just acknowledged here. */
  hear(entry: RevocationEntry): void {
    if (this.ended.signal.aborted) return;
    if (this.listener === undefined) this.early.push(entry);
    else this.listener.wrote(entry);
  }

  /** Another server is the primary now: nothing that was heard counts any more, and it is listened to at once. */
  moved(): void {
    this.listener?.lost();
    this.attempts = 0;
    this.session?.end(fault('FAILOVER'));
    this.pause.abort();
  }

  async end(): Promise<void> {
    this.ended.abort();
    this.session?.end();
    await this.running;
  }

  private async run(listener: RevocationListener): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      this.session = this.parts.session(this.ears(listener));
      const cause = await this.session.run();
      if (signal.aborted) return;
      this.breakOff(listener, cause);
      this.pause = new AbortController();
      const either = AbortSignal.any([signal, this.pause.signal]);
      const delayMs = isLasting(cause) ? lastingBackOffMs : backOffMs;
      await wait(delayMs(this.attempts++), undefined, { signal: either, ref: false }).catch(() => undefined);
    }
  }

  /** What one session tells. Its first beat has come from a feed that may have missed what went before. */
  private ears(listener: RevocationListener) {
    let isFirst = true;
    return {
      get maxStalenessMs() {
        return listener.maxStalenessMs;
      },
      changed: (keys: readonly string[]) => listener.changed(keys),
      flushed: () => listener.lost(),
      heardUpTo: (monotonicMs: number, wallMs: number) => {
        if (isFirst) listener.lost();
        isFirst = false;
        this.attempts = 0;
        listener.heardUpTo(monotonicMs, wallMs);
      },
    };
  }

  /** Where the feed ended at a replica, so may what is read; where nobody knows why, that is looked at. */
  private breakOff(listener: RevocationListener, cause: unknown): void {
    const { place, reads } = this.parts;
    if (isReplica(cause)) reads.doubt(cause);
    else reads.recheck();
    listener.brokenOff(storeErrorFrom(place, cause));
  }
}
