import { LRUCache } from 'lru-cache';
import type { Clock, RevocationObserver, StandingReader } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { isUndone, readReach } from '../core/revocation-entry.ts';
import type { Freshness, Standing } from '../core/standing.ts';
import { NO_EPOCH, unread } from '../core/standing.ts';
import type { VerifiedCredential } from '../core/verified-credential.ts';
import { within } from '../lib/within.ts';
import type { RevocationReader } from './checked-revocations.ts';
import { SetLostError } from './epoch-watch.ts';
import type { FeedState } from './revocation-health.ts';
import { RevocationHealth } from './revocation-health.ts';

/** What a configuration says about asking, and may say otherwise later. */
export interface StandingLimits {
  readonly maxStalenessMs: number;
  /** Longest wait for one answer of the store. */
  readonly storeTimeoutMs: number;
  /**
   * How old "not revoked" may be where the store does not answer in time, in milliseconds: the promise is suspended
   * for that long. `undefined` to deny then.
   */
  readonly allowKnownForMs: number | undefined;
}

/** What an operator is told of the revocation set. */
export interface RevocationStatus {
  readonly feed: FeedState;
  /** Whether the last question to the store was left without an answer. */
  readonly outage: boolean;
}

export interface StandingsParts extends StandingLimits {
  /** Rejects with {@link SetLostError} where the set is not the one that was known. */
  readonly store: RevocationReader;
  readonly clock: Clock;
  readonly observer: RevocationObserver;
  /** Entries that count whatever the store says. */
  readonly known: {
    reachOf(key: string): Reach | undefined;
    /** An entry that was to begin later has begun to count. */
    begun(key: string): void;
  };
  /** Told of an entry that the store has, each time it was read. */
  readonly found: (key: string, value: string) => void;
  /** Whether what the store says counts; where it does not, `store.read` rejects. */
  readonly set: { readonly isSound: boolean };
  /** How many entries are remembered; the least recently used go first. */
  readonly maxEntries: number;
}

/** Of what was evicted although it ends something, so much is still in reach: at about 200 bytes each. */
const MAX_EVICTED = 100_000;

/** One question to the store: a key is asked for at most once at a time. */
interface Question {
  readonly epoch: number;
  readonly askedAtMs: number;
  readonly askedAtWallMs: number;
  readonly answered: Promise<void>;
}

/**
 * The local LRU over the revocation set. Hands out one shared {@link Standing} a key, keeps it true by the feed, and
 * asks the store where it cannot be.
 */
export class Standings implements StandingReader {
  readonly freshness: { -readonly [Key in keyof Freshness]: Freshness[Key] };
  private readonly health: RevocationHealth;
  private readonly parts: StandingsParts;
  private readonly entries: LRUCache<string, Standing>;
  /** Tokens that are denied by these ask nothing any more, so nobody else could tell them of a take-back. */
  private readonly evicted = new LRUCache<string, Standing>({ max: MAX_EVICTED });
  private readonly open = new Map<string, Question>();
  private storeTimeoutMs: number;
  private allowKnownForMs: number | undefined;

  constructor(parts: StandingsParts) {
    this.parts = parts;
    this.health = new RevocationHealth(parts.observer);
    this.storeTimeoutMs = parts.storeTimeoutMs;
    this.allowKnownForMs = parts.allowKnownForMs;
    const never = { heardUpToMs: Number.NEGATIVE_INFINITY, heardUpToWallMs: Number.NEGATIVE_INFINITY };
    this.freshness = { epoch: 0, ...never, maxStalenessMs: parts.maxStalenessMs, keepsAnswers: false };
    // An entry that leaves the LRU is no longer told of changes, so it may not be trusted either.
    this.entries = new LRUCache({ max: parts.maxEntries, dispose: (standing) => this.dispose(standing) });
  }

  /** Takes up other limits. */
  reconfigure({ maxStalenessMs, storeTimeoutMs, allowKnownForMs }: StandingLimits): void {
    this.freshness.maxStalenessMs = maxStalenessMs;
    this.storeTimeoutMs = storeTimeoutMs;
    this.allowKnownForMs = allowKnownForMs;
  }

  get maxStalenessMs(): number {
    return this.freshness.maxStalenessMs;
  }

  /**
   * The same knowledge, which may be older, and answers count as long. Where a change was heard, neither is left. A set
   * that was lost is no outage.
   */
  get outageFreshness(): Freshness | undefined {
    const { allowKnownForMs, parts } = this;
    return allowKnownForMs === undefined || !parts.set.isSound
      ? undefined
      : { ...this.freshness, maxStalenessMs: allowKnownForMs, keepsAnswers: true };
  }

  get status(): RevocationStatus {
    const { feed, outage } = this.health;
    return { feed, outage };
  }

  /** How many entries are remembered now. */
  get size(): number {
    return this.entries.size;
  }

  /** The one shared standing of a key. */
  at(key: string): Standing {
    const standing = this.find(key);
    if (standing !== undefined) return standing;
    const fresh = unread(key);
    this.entries.set(key, fresh);
    this.apply(key);
    return fresh;
  }

  /** That of a key which is remembered already: what anybody may name is not remembered for it. */
  peek(key: string): Standing | undefined {
    return this.entries.peek(key);
  }

  /** The entry of this key is among those that are known: where it could end a token that is remembered, it does. */
  apply(key: string): void {
    const [standing, reach] = [this.entries.peek(key), this.parts.known.reachOf(key)];
    if (standing !== undefined && reach !== undefined) mark(standing, reach);
  }

  /** An operator took the entry back: it ends nothing any more, and is read again before anything is said of it. */
  release(key: string): void {
    this.open.delete(key);
    const standing = this.entries.peek(key) ?? this.evicted.peek(key);
    this.evicted.delete(key);
    if (standing === undefined) return;
    unmark(standing);
    forget(standing);
  }

  async refresh(credential: VerifiedCredential): Promise<void> {
    credential.standings.forEach((standing, index) => {
      credential.standings[index] = this.adopt(standing);
    });
    const unasked = credential.standings.filter(({ key }) => !this.open.has(key));
    if (unasked.length > 0) this.ask(unasked);
    await Promise.all(credential.standings.map(async ({ key }) => await this.open.get(key)?.answered));
  }

  changed(keys: readonly string[]): void {
    for (const key of keys) {
      // An answer on its way may be older than the change.
      this.open.delete(key);
      const standing = this.entries.peek(key);
      if (standing !== undefined) forget(standing);
      this.apply(key);
    }
  }

  lost(): void {
    this.open.clear();
    this.freshness.epoch += 1;
  }

  heardUpTo(monotonicMs: number, wallMs: number): void {
    this.freshness.heardUpToMs = monotonicMs;
    this.freshness.heardUpToWallMs = wallMs;
    this.health.heard();
  }

  brokenOff(cause: Error): void {
    this.health.brokenOff(cause);
  }

  /** The shared standing for one that an LRU eviction may have orphaned; what is known to have ended stays so. */
  private adopt(standing: Standing): Standing {
    const shared = this.find(standing.key);
    if (shared === undefined) {
      this.entries.set(standing.key, standing);
      this.apply(standing.key);
    }
    if (shared !== undefined && shared !== standing && standing.marked) mark(shared, standing);
    return shared ?? standing;
  }

  /** The shared standing, also where it was evicted and still ends something. */
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
    if (standing.marked && standing.fromSeconds === Number.NEGATIVE_INFINITY) this.parts.known.begun(standing.key);
  }

  private ask(standings: readonly Standing[]): void {
    const { store, clock } = this.parts;
    const [askedAtMs, askedAtWallMs] = [clock.monotonicMs(), clock.wallMs()];
    const read = this.inTime(store.read(standings.map(({ key }) => key)));
    const question: Question = {
      epoch: this.freshness.epoch,
      askedAtMs,
      askedAtWallMs,
      answered: read
        .then((values) => this.answer(question, standings, values))
        .catch((error: unknown) => {
          // Also where the answer cannot be read: a question that stayed open would never be asked again.
          this.close(question, standings);
          if (!(error instanceof SetLostError)) this.health.unanswered(error);
          throw error;
        }),
    };
    for (const { key } of standings) this.open.set(key, question);
  }

  private inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const limitMs = this.storeTimeoutMs;
    return within(answer, limitMs, () => new StoreError(`the store did not answer within ${limitMs} ms`));
  }

  private answer(question: Question, standings: readonly Standing[], values: readonly (string | undefined)[]): void {
    if (values.length !== standings.length) {
      // A missing value would read as "not revoked".
      throw new StoreError(`the store answered ${values.length} keys of ${standings.length}`);
    }
    standings.forEach((standing, index) => {
      const isCurrent = this.open.get(standing.key) === question && this.entries.peek(standing.key) === standing;
      if (!isCurrent) return;
      const value = values[index];
      if (value !== undefined) this.meet(standing, value);
      standing.epoch = question.epoch;
      standing.askedAtMs = question.askedAtMs;
      standing.askedAtWallMs = question.askedAtWallMs;
      standing.answeredAtMs = this.parts.clock.monotonicMs();
    });
    this.close(question, standings);
    this.health.answered();
  }

  private meet(standing: Standing, value: string): void {
    if (!isUndone(value)) mark(standing, readReach(standing.key, value));
    this.parts.found(standing.key, value);
  }

  private close(question: Question, standings: readonly Standing[]): void {
    for (const { key } of standings) if (this.open.get(key) === question) this.open.delete(key);
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

/** A mark is only ever widened: "revoked" stays, whatever the store says later, until it is taken back. */
function mark(standing: Standing, reach: Reach): void {
  standing.marked = true;
  standing.issuedUpToSeconds = Math.max(standing.issuedUpToSeconds, reach.issuedUpToSeconds);
  standing.fromSeconds = Math.min(standing.fromSeconds, reach.fromSeconds);
}
