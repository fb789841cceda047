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
import { SeenEntries } from './seen-entries.ts';
import type { StandingLimits } from './standings.ts';
import { Standings } from './standings.ts';

/** At about 400 bytes each. */
const MAX_KNOWN = 100_000;

export interface RevocationSetParts {
  readonly store: { readonly revocations: RevocationStore; readonly epochs: EpochStore; readonly feed: RevocationFeed };
  readonly clock: Clock;
  readonly observer: RevocationObserver;
  readonly limits: StandingLimits;
  /** How many standings are remembered. */
  readonly maxStandings: number;
  /** How many entries that exist are remembered. */
  readonly maxKnown?: number;
}

/** What an operator is told of the revocation set itself. */
export interface RevocationSetStatus {
  /** Unix seconds since when the set is known to be lost; `undefined` where it is not. */
  readonly lostSinceSeconds: number | undefined;
  /** Entries that were written again, since the start. */
  readonly rewritten: number;
  /** Entries that went before their time while the set stood, and were written again, since the start. */
  readonly vanished: number;
}

/**
 * Keeps what this instance knows of the revocation set together with the set itself: what the feed tells goes to all who
 * must know, a loss is noticed, and what is known is written again.
 */
export class RevocationSet implements RevocationListener {
  readonly standings: Standings;
  /** The store's entries for use cases. A read rejects with `SetLostError` where the set may be lost. */
  readonly revocations: CheckedRevocations;
  private readonly observer: RevocationObserver;
  private readonly known: SeenEntries;
  private readonly watch: EpochWatch;
  private readonly reader: ChangeReader;
  private readonly replay: LossReplay;
  private rewritten = 0;
  private vanished = 0;
  private wasLost = false;

  private constructor({ store, clock, observer, limits, maxStandings, maxKnown = MAX_KNOWN }: RevocationSetParts) {
    const { revocations, epochs } = store;
    this.observer = observer;
    this.known = new SeenEntries({ clock, maxEntries: maxKnown });
    const distrust = (): void => this.standings.lost();
    this.watch = new EpochWatch({ store: epochs, clock, distrust, turned: () => this.turn() });
    const { known, watch } = this;
    this.revocations = checkedRevocations(revocations, (found) => watch.check(found));
    const found = (key: string, value: string): void => this.find(key, value);
    const parts = { store: this.revocations, clock, observer, known, found, set: watch, maxEntries: maxStandings };
    this.standings = new Standings({ ...parts, ...limits });
    const learnt = (key: string): void => this.take(key);
    const vanished = (keys: readonly string[]): void => this.seeTo(keys);
    this.reader = new ChangeReader({ store: revocations, known, watch, clock, learnt, vanished });
    const rewritten = (count: number): void => this.countRewritten(count);
    this.replay = new LossReplay({ store: revocations, known, rewritten, learnt });
  }

  /** Begins to follow the feed, once it is known whether the set is lost. Rejects with `StoreError`. */
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

  changed(keys: readonly string[]): void {
    this.standings.changed(keys);
    const entries = keys.filter((key) => !isEpochKey(key));
    if (entries.length < keys.length) void this.watch.look();
    this.reader.hear(entries);
  }

  /** Another value may stand there, of which nobody tells where the write changed nothing: it is learnt for its sake. */
  wrote(entry: RevocationEntry): void {
    this.known.add(entry);
    this.standings.changed([entry.key]);
    this.take(entry.key);
    this.reader.hear([entry.key]);
  }

  /** Also where all was emptied: what this instance knows may be missing there, although the epoch stands. */
  lost(): void {
    this.standings.lost();
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

  /** Leaves what is running in the background; the store is closed after this. */
  end(): void {
    for (const part of [this.watch, this.reader, this.replay]) part.end();
  }

  private turn(): void {
    const { lostSinceSeconds } = this.watch;
    const isLost = lostSinceSeconds !== undefined;
    if (isLost && !this.wasLost) this.observer.setLost(lostSinceSeconds);
    if (!isLost && this.wasLost) this.observer.setAccepted();
    this.wasLost = isLost;
    this.replay.start();
  }

  /** What was there before this instance came is known once a decision has met it. */
  private find(key: string, value: string): void {
    const known = this.known.find(key);
    const isNews = known === undefined || isUndone(known.value) || isUndone(value);
    if (isNews && known?.value !== value) this.reader.hear([key]);
  }

  /** What is known of the entry now counts for the tokens that it could end. */
  private take(key: string): void {
    if (this.known.isUndone(key)) this.standings.release(key);
    else this.standings.apply(key);
  }

  private countRewritten(count: number): void {
    this.rewritten += count;
    this.observer.entriesRewritten(count);
  }

  private seeTo(vanished: readonly string[]): void {
    this.vanished += vanished.length;
    this.observer.entriesVanished(vanished.length);
    this.replay.restore(vanished);
  }
}
