import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Clock, RevocationObserver, StandingReader } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
import { isUndone, readReach } from '../core/revocation-entry.ts';
import type { Freshness, Standing } from '../core/standing.ts';
import { within } from '../lib/timers/within.ts';
import type { RevocationReader } from './checked-revocations.ts';
import { SetLostError } from './epoch-watch.ts';
import type { FeedState } from './revocation-health.ts';
import { RevocationHealth } from './revocation-health.ts';
import type { StandingCacheParts } from './standing-cache.ts';
import { mark, StandingCache } from './standing-cache.ts';

/** The limits that a configuration sets. */
export interface StandingLimits {
  readonly maxStalenessMs: number;
  /** The most milliseconds for which a caller may keep an allow; 0: none may be kept. Never over `maxStalenessMs`. */
  readonly keepMs: number;
  /** Longest wait for one response of the store, in milliseconds. */
  readonly storeTimeoutMs: number;
  /**
   * How old "not revoked" may be if the store does not respond in time, in milliseconds: the promise is suspended for
   * that long. `undefined` to deny then.
   */
  readonly allowKnownForMs: number | undefined;
}

/** The state of the feed and the store, for operators. */
export interface RevocationStatus {
  readonly feed: FeedState;
  /** Whether the last read of the store failed. */
  readonly outage: boolean;
}

export interface StandingsParts extends StandingLimits, StandingCacheParts {
  /** Rejects with {@link SetLostError} if the set is not the one that was known. */
  readonly store: RevocationReader;
  readonly clock: Clock;
  readonly observer: RevocationObserver;
  /** Called for each entry that a read finds in the store. */
  readonly found: (key: string, value: string) => void;
  /** Whether the set is the one that was known; if not, `store.read` rejects. */
  readonly set: { readonly isSound: boolean };
}

const ANSWERED = Promise.resolve();

/** One read of the store. Each key is in at most one pending read. */
interface Question {
  readonly epoch: number;
  readonly askedAtMs: number;
  readonly askedAtWallMs: number;
  readonly answered: Promise<void>;
}

/**
 * What this instance knows of the entries of the revocation set. Hands out one shared {@link Standing} per key, keeps it
 * current by the feed, and reads the store if the feed is not enough.
 */
export class Standings implements StandingReader {
  readonly freshness: { -readonly [Key in keyof Freshness]: Freshness[Key] };
  private readonly health: RevocationHealth;
  private readonly parts: StandingsParts;
  private readonly cache: StandingCache;
  private readonly open = new Map<string, Question>();
  private storeTimeoutMs: number;
  private allowKnownForMs: number | undefined;

  constructor(parts: StandingsParts) {
    this.parts = parts;
    this.health = new RevocationHealth(parts.observer);
    this.storeTimeoutMs = parts.storeTimeoutMs;
    this.allowKnownForMs = parts.allowKnownForMs;
    const never = { heardUpToMs: Number.NEGATIVE_INFINITY, heardUpToWallMs: Number.NEGATIVE_INFINITY };
    this.freshness = {
      epoch: 0,
      ...never,
      maxStalenessMs: parts.maxStalenessMs,
      keepMs: parts.keepMs,
      keepsAnswers: false,
    };
    this.cache = new StandingCache(parts);
  }

  /** Applies the limits of a new configuration. */
  reconfigure({ maxStalenessMs, keepMs, storeTimeoutMs, allowKnownForMs }: StandingLimits): void {
    this.freshness.maxStalenessMs = maxStalenessMs;
    this.freshness.keepMs = keepMs;
    this.storeTimeoutMs = storeTimeoutMs;
    this.allowKnownForMs = allowKnownForMs;
  }

  get maxStalenessMs(): number {
    return this.freshness.maxStalenessMs;
  }

  /**
   * Allows the same knowledge and answers to be older. A change that the feed has reported still ends both. Not available
   * for a lost set, which is not an outage. No answer that rests on it may be kept.
   */
  get outageFreshness(): Freshness | undefined {
    const { allowKnownForMs, parts } = this;
    return allowKnownForMs === undefined || !parts.set.isSound
      ? undefined
      : { ...this.freshness, maxStalenessMs: allowKnownForMs, keepMs: 0, keepsAnswers: true };
  }

  get status(): RevocationStatus {
    const { feed, outage } = this.health;
    return { feed, outage };
  }

  /** How many standings are cached. */
  get size(): number {
    return this.cache.size;
  }

  /** Returns the shared standing of a key, and creates it if there is none. */
  at(key: string): Standing {
    return this.cache.at(key);
  }

  /** Returns the cached standing of a key, and creates none. */
  peek(key: string): Standing | undefined {
    return this.cache.peek(key);
  }

  /** Marks the cached standing of a key, if there is one, by the seen entry. */
  apply(key: string): void {
    this.cache.apply(key);
  }

  /** Clears the standing of an entry that an operator undid; it is unknown until it is read again. */
  release(key: string): void {
    this.open.delete(key);
    this.cache.release(key);
  }

  refresh(credential: VerifiedCredential): Promise<void> {
    return this.refreshAll([credential]);
  }

  refreshAtOnce({ standings }: VerifiedCredential): boolean {
    const { store } = this.parts;
    for (const [index, standing] of standings.entries()) standings[index] = this.cache.share(standing);
    if (store.readAtOnce === undefined || standings.some(({ key }) => this.open.has(key))) return false;
    const question = this.question(ANSWERED);
    try {
      const values = store.readAtOnce(standings.map(({ key }) => key));
      for (const { key } of standings) this.open.set(key, question);
      this.answer(question, standings, values);
      return true;
    } catch {
      // refresh() fails likewise, and reports it.
      this.close(question, standings);
      return false;
    }
  }

  async refreshAll(credentials: readonly VerifiedCredential[]): Promise<void> {
    const shared = new Map<string, Standing>();
    for (const { standings } of credentials) {
      standings.forEach((standing, index) => {
        standings[index] = this.cache.share(standing);
        shared.set(standing.key, standings[index]);
      });
    }
    const unasked = [...shared.values()].filter(({ key }) => !this.open.has(key));
    if (unasked.length > 0) this.ask(unasked);
    await Promise.all(Array.from(shared.keys(), async (key) => await this.open.get(key)?.answered));
  }

  changed(keys: readonly string[]): void {
    for (const key of keys) {
      // A pending answer may be older than the change.
      this.open.delete(key);
      this.cache.forget(key);
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

  private ask(standings: readonly Standing[]): void {
    const begun = this.question(ANSWERED);
    const read = this.inTime(this.parts.store.read(standings.map(({ key }) => key)));
    const question: Question = {
      ...begun,
      answered: read
        .then((values) => this.answer(question, standings, values))
        .catch((error: unknown) => {
          // Also if the answer is malformed: a read that stayed open would never be repeated.
          this.close(question, standings);
          if (!(error instanceof SetLostError)) this.health.unanswered(error);
          throw error;
        }),
    };
    for (const { key } of standings) this.open.set(key, question);
  }

  /** A read that begins now. */
  private question(answered: Promise<void>): Question {
    const { clock } = this.parts;
    const { epoch } = this.freshness;
    return { epoch, askedAtMs: clock.monotonicMs(), askedAtWallMs: clock.wallMs(), answered };
  }

  private inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const limitMs = this.storeTimeoutMs;
    return within(answer, limitMs, () => new StoreError(`the store did not answer within ${limitMs} ms`));
  }

  private answer(question: Question, standings: readonly Standing[], values: readonly (string | undefined)[]): void {
    if (values.length !== standings.length) {
      // A missing value would read as "not revoked".
      throw new StoreError(`the store returned ${values.length} values for ${standings.length} keys`);
    }
    standings.forEach((standing, index) => {
      const isCurrent = this.open.get(standing.key) === question && this.cache.peek(standing.key) === standing;
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
