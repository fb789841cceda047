import { setTimeout as wait } from 'node:timers/promises';
import { backOffMs, lastingBackOffMs } from '../../lib/timers/back-off.ts';
import type { ServerLabel } from '../../redis/failure.ts';
import { fault, isLasting, isReplica, storeErrorFrom } from '../../redis/failure.ts';
import type { SessionListener, Tracking, TrackingSource } from '../../redis/tracking.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { RevocationFeed, RevocationListener } from '../../revocation-set/revocation-store.ts';

/**
 * Reports every change to the revocation set, by any writer, from client tracking. When a session breaks, the feed opens
 * another one, for ever. Changes in between are unknown: the feed reports that before it reports anything else.
 */
export class RedisFeed implements RevocationFeed {
  private readonly place: ServerLabel;
  private readonly tracking: TrackingSource;
  private listener: RevocationListener | undefined;
  /** Entries that were written before `follow`. */
  private readonly early: RevocationEntry[] = [];
  private readonly ended = new AbortController();
  private session: Tracking | undefined;
  private running: Promise<void> | undefined;
  private attempts = 0;
  /** Ends the wait before the next attempt. */
  private pause = new AbortController();

  constructor(place: ServerLabel, tracking: TrackingSource) {
    this.place = place;
    this.tracking = tracking;
    tracking.onMoved(() => this.onMoved());
  }

  follow(listener: RevocationListener): void {
    if (this.listener !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    for (const entry of this.early.splice(0)) listener.wrote(entry);
    this.running = this.run(listener);
  }

  /** Reports a write of this process before it is acknowledged to the caller. */
  acknowledged(entry: RevocationEntry): void {
    if (this.ended.signal.aborted) return;
    if (this.listener === undefined) this.early.push(entry);
    else this.listener.wrote(entry);
  }

  /** Another server is the primary now: earlier reports no longer count, and the next session opens at once. */
  private onMoved(): void {
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
      this.session = this.tracking.open(this.listenerFor(listener));
      const cause = await this.session.run();
      if (signal.aborted) return;
      this.breakOff(listener, cause);
      this.pause = new AbortController();
      const either = AbortSignal.any([signal, this.pause.signal]);
      const delayMs = isLasting(cause) ? lastingBackOffMs : backOffMs;
      await wait(delayMs(this.attempts++), undefined, { signal: either, ref: false }).catch(() => undefined);
    }
  }

  /** Passes on what one session reports. Before its first beat, changes may have been missed. */
  private listenerFor(listener: RevocationListener): SessionListener {
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

  /** Where a session found a replica, the reads may lead to one, too; after any other cause they are checked. */
  private breakOff(listener: RevocationListener, cause: unknown): void {
    if (isReplica(cause)) this.tracking.suspect(cause);
    else this.tracking.recheck();
    listener.brokenOff(storeErrorFrom(this.place, cause));
  }
}
