import type { Clock, RevocationObserver } from '../core/ports.ts';
import { isUndone } from '../core/revocation-entry.ts';
import { ChangeReader } from './change-reader.ts';
import type { CheckedRevocations } from './checked-revocations.ts';
import { checkedRevocations } from './checked-revocations.ts';
import type { RevocationEntry } from './entry.ts';
import { isEpochKey } from './epoch.ts';
import { EpochWatch } from './epoch-watch.ts';
import { LossReplay } from './loss-replay.ts';
import type { EpochStore, RevocationFeed, RevocationListener, RevocationStore } from './revocation-store.ts';
import type { RevocationWatcher } from './revocation-watcher.ts';
import { SeenEntries } from './seen-entries.ts';
import type { StandingLimits } from './standings.ts';
import { Standings } from './standings.ts';

/** About 400 bytes each. */
const MAX_KNOWN = 100_000;

export interface RevocationSetParts {
  readonly store: { readonly revocations: RevocationStore; readonly epochs: EpochStore; readonly feed: RevocationFeed };
  readonly clock: Clock;
  readonly observer: RevocationObserver;
  readonly limits: StandingLimits;
  /** Capacity of the cache of standings. */
  readonly maxStandings: number;
  /** How many seen entries are remembered; 100,000 by default. */
  readonly maxKnown?: number;
}

/** The state of the revocation set, for operators. */
export interface RevocationSetStatus {
  /** Unix seconds at which the loss of the set was noticed; `undefined` if it is not lost. */
  readonly lostSinceSeconds: number | undefined;
  /** Entries that were rewritten since the start. */
  readonly rewritten: number;
  /** Entries that vanished before their expiry from an intact set, and were rewritten, since the start. */
  readonly vanished: number;
}

/**
 * Keeps this instance's knowledge of the revocation set consistent with the set: it passes the feed's reports on, notices
 * a loss, and rewrites known entries that the store has lost.
 */
export class RevocationSet implements RevocationListener {
  readonly standings: Standings;
  /** The store's entries, for use cases. A read rejects with `SetLostError` if the set may be lost. */
  readonly revocations: CheckedRevocations;
  private readonly observer: RevocationObserver;
  private readonly known: SeenEntries;
  private readonly watch: EpochWatch;
  private readonly reader: ChangeReader;
  private readonly replay: LossReplay;
  private readonly watchers = new Set<RevocationWatcher>();
  private rewritten = 0;
  private vanished = 0;
  private wasLost = false;

  private constructor({ store, clock, observer, limits, maxStandings, maxKnown = MAX_KNOWN }: RevocationSetParts) {
    const { revocations, epochs } = store;
    this.observer = observer;
    this.known = new SeenEntries({ clock, maxEntries: maxKnown });
    const distrust = (): void => this.distrust();
    this.watch = new EpochWatch({ store: epochs, clock, distrust, changed: () => this.epochChanged() });
    const { known, watch } = this;
    this.revocations = checkedRevocations(revocations, (found) => watch.check(found));
    const found = (key: string, value: string): void => this.noteFound(key, value);
    const parts = { store: this.revocations, clock, observer, known, found, set: watch, maxEntries: maxStandings };
    this.standings = new Standings({ ...parts, ...limits });
    const learnt = (key: string): void => this.applyKnown(key);
    const vanished = (keys: readonly string[]): void => this.restoreVanished(keys);
    this.reader = new ChangeReader({ store: revocations, known, watch, clock, learnt, vanished });
    const rewritten = (count: number): void => this.countRewritten(count);
    this.replay = new LossReplay({ store: revocations, known, rewritten, learnt });
  }

  /** Checks whether the set is lost, then follows the feed. Rejects with `StoreError`. */
  static async open(parts: RevocationSetParts): Promise<RevocationSet> {
    const revocationSet = new RevocationSet(parts);
    try {
      await revocationSet.watch.look();
    } catch (error) {
      revocationSet.end();
      throw error;
    }
    parts.store.feed.follow(revocationSet);
    return revocationSet;
  }

  get status(): RevocationSetStatus {
    const { rewritten, vanished } = this;
    return { lostSinceSeconds: this.watch.lostSinceSeconds, rewritten, vanished };
  }

  get maxStalenessMs(): number {
    return this.standings.maxStalenessMs;
  }

  /** Whether the set is the one that was known, as far as this instance has noticed. */
  isSound(): boolean {
    return this.watch.isSound;
  }

  /**
   * Reports to `watcher` every change of the set from now on, by any writer, whether or not this instance has a standing
   * for it: each one before `standings.freshness` says that it has been heard. Returns what ends this.
   */
  addWatcher(watcher: RevocationWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  changed(keys: readonly string[]): void {
    this.standings.changed(keys);
    const entries = keys.filter((key) => !isEpochKey(key));
    if (entries.length < keys.length) void this.watch.look();
    this.reader.enqueue(entries);
    if (entries.length > 0) this.reportChanged(entries);
  }

  /** Reads the entry back: it may have kept another value, and a write that changes nothing is not reported by the feed. */
  wrote(entry: RevocationEntry): void {
    this.known.add(entry);
    this.standings.changed([entry.key]);
    this.applyKnown(entry.key);
    this.reader.enqueue([entry.key]);
    this.reportChanged([entry.key]);
  }

  /** Also checks the seen entries: some may be missing from the store even if the epoch is unchanged. */
  lost(): void {
    this.distrust();
    this.reader.breakOff();
    void this.watch.look();
    this.replay.start();
  }

  heardUpTo(monotonicMs: number, wallMs: number): void {
    this.standings.heardUpTo(monotonicMs, wallMs);
  }

  brokenOff(cause: Error): void {
    this.standings.brokenOff(cause);
    this.reader.breakOff();
  }

  /** Stops the background jobs; the store may be closed afterwards. */
  end(): void {
    for (const part of [this.watch, this.reader, this.replay]) part.end();
  }

  private reportChanged(keys: readonly string[]): void {
    for (const watcher of this.watchers) watcher.changed(keys);
  }

  /** What was read before no longer counts, here and for those who keep answers. */
  private distrust(): void {
    this.standings.lost();
    for (const watcher of this.watchers) watcher.lost();
  }

  private epochChanged(): void {
    const { lostSinceSeconds } = this.watch;
    const isLost = lostSinceSeconds !== undefined;
    if (isLost && !this.wasLost) this.observer.setLost(lostSinceSeconds);
    if (!isLost && this.wasLost) this.observer.setAccepted();
    this.wasLost = isLost;
    this.replay.start();
  }

  /** Has an entry learnt that a decision met and that this instance did not know. */
  private noteFound(key: string, value: string): void {
    const known = this.known.find(key);
    const isNews = known === undefined || isUndone(known.value) || isUndone(value);
    if (isNews && known?.value !== value) this.reader.enqueue([key]);
  }

  /** Applies a seen entry to the standing of the tokens that it could end. */
  private applyKnown(key: string): void {
    if (this.known.isUndone(key)) this.standings.release(key);
    else this.standings.apply(key);
  }

  private countRewritten(count: number): void {
    this.rewritten += count;
    this.observer.entriesRewritten(count);
  }

  private restoreVanished(vanished: readonly string[]): void {
    this.vanished += vanished.length;
    this.observer.entriesVanished(vanished.length);
    this.replay.restore(vanished);
  }
}
