import type { Clock } from '../core/ports.ts';
import type { Freshness } from '../core/standing.ts';
import { feedAgeMs } from '../core/standing.ts';
import type { Timers } from '../lib/clock.ts';
import { instantOf } from '../lib/clock.ts';
import type { RevocationWatcher } from '../revocation-set/revocation-watcher.ts';
import type { ResetReason, WatchMessage } from './revocation-watch.ts';
import { RevocationWatch } from './revocation-watch.ts';

/** A watcher's clock and ours drift apart with time, so a watcher begins anew after this time. */
export const WATCH_LIFE_MS = 60_000;
const MAX_WATCHES = 1_000;
/** So many beats are sent within `maxStaleness`, but never more than one in 25 ms. */
const BEATS = 4;
const SHORTEST_BEAT_MS = 25;
/** An age that no `maxStaleness` allows, and that every field and every clock can hold. */
const LONGEST_AGE_MS = 30 * 86_400_000;

export interface RevocationWatchesParts {
  readonly set: {
    addWatcher(watcher: RevocationWatcher): () => void;
    isSound(): boolean;
    readonly standings: { readonly freshness: Freshness };
  };
  readonly clock: Clock;
  readonly timers: Timers;
}

/** One caller that follows the revocation set. */
export interface OpenWatch {
  readonly outcome: 'watching';
  /** Returns the next message, if there is one now. A beat holds for the moment of this call. */
  take(): WatchMessage | undefined;
  /** Whether its time is over, even if its caller has not taken every message. */
  isPast(): boolean;
  /** Releases everything that is held for the watcher. */
  close(): void;
}

/**
 * Lets callers follow the revocation set that keep answers of their own: they learn of every change, and up to which
 * moment they have learnt of all. Holds a bounded amount for each, whether or not it reads.
 */
export class RevocationWatches {
  private readonly parts: RevocationWatchesParts;
  private readonly open = new Map<RevocationWatch, () => void>();
  private readonly removeWatcher: () => void;
  private cancelBeat: (() => void) | undefined;
  private isNewsAnnounced = false;
  private isEnding = false;

  constructor(parts: RevocationWatchesParts) {
    this.parts = parts;
    this.removeWatcher = parts.set.addWatcher({
      changed: (keys) => this.each((watch) => watch.changed(keys)),
      lost: () => this.reset('changes missed'),
    });
  }

  /** How many callers are watching. */
  get size(): number {
    return this.open.size;
  }

  /**
   * Begins a watch, for at most {@link WATCH_LIFE_MS}. There are at most 1,000.
   *
   * @param hasNews called when there may be a message. Takes as many as the caller can receive.
   */
  begin(hasNews: () => void): OpenWatch | { readonly outcome: 'too many' | 'stopping' } {
    if (this.isEnding) return { outcome: 'stopping' };
    if (this.open.size >= MAX_WATCHES) return { outcome: 'too many' };
    const { clock } = this.parts;
    const watch = new RevocationWatch(instantOf(clock), WATCH_LIFE_MS, () => this.vouch());
    this.open.set(watch, hasNews);
    this.cancelBeat ??= this.planBeat();
    return {
      outcome: 'watching',
      take: () => watch.take(instantOf(clock)),
      isPast: () => watch.isPast(instantOf(clock)),
      close: () => this.close(watch),
    };
  }

  /** Has every watcher forget all that it keeps. */
  reset(reason: ResetReason): void {
    this.each((watch) => watch.forget(reason));
  }

  /** Begins no further watch, and ends the open ones `laterMs` from now: until then they may begin another elsewhere. */
  end(laterMs: number): void {
    this.isEnding = true;
    const now = instantOf(this.parts.clock);
    this.each((watch) => watch.endAfter(laterMs, now));
  }

  /** Follows the set no longer. */
  stop(): void {
    this.removeWatcher();
    this.cancelBeat?.();
  }

  private close(watch: RevocationWatch): void {
    this.open.delete(watch);
    if (this.open.size > 0) return;
    this.cancelBeat?.();
    this.cancelBeat = undefined;
  }

  /** Changes that arrive together make one message. */
  private each(act: (watch: RevocationWatch) => void): void {
    for (const watch of this.open.keys()) act(watch);
    if (this.isNewsAnnounced || this.open.size === 0) return;
    this.isNewsAnnounced = true;
    queueMicrotask(() => {
      this.isNewsAnnounced = false;
      for (const hasNews of this.open.values()) hasNews();
    });
  }

  private planBeat(): () => void {
    const { maxStalenessMs } = this.parts.set.standings.freshness;
    return this.parts.timers.after(Math.max(maxStalenessMs / BEATS, SHORTEST_BEAT_MS), () => {
      this.each((watch) => watch.beat());
      this.cancelBeat = this.planBeat();
    });
  }

  /** A lost set vouches for nothing, and neither does a feed that was never heard. */
  private vouch(): { readonly ageMs: number; readonly maxStalenessMs: number } | undefined {
    const { set, clock } = this.parts;
    const { freshness } = set.standings;
    const ageMs = feedAgeMs(freshness, instantOf(clock));
    if (!set.isSound() || ageMs === Number.POSITIVE_INFINITY) return undefined;
    return { ageMs: Math.min(ageMs, LONGEST_AGE_MS), maxStalenessMs: freshness.maxStalenessMs };
  }
}
