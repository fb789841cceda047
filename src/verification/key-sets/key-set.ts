import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';
import type { KeySource, VerificationKey } from '../keys.ts';
import { fits, isSameAlgorithm } from '../keys.ts';
import type { FetchDocument } from './fetch-document.ts';
import { KeptKeys } from './kept-keys.ts';
import type { KeySetLocation } from './key-set-location.ts';
import type { KeySetObserver } from './key-set-reporter.ts';
import { KeySetReporter } from './key-set-reporter.ts';
import type { PublishedKey } from './published-keys.ts';
import { readKeySet } from './published-keys.ts';
import { Refresher } from './refresher.ts';

/** How often a set is fetched unasked. An issuer may ask by `max-age` to be asked more often, down to every minute. */
const REFRESH_MS = 5 * 60_000;
const MIN_REFRESH_MS = 60_000;
/** How it stands with an issuer's keys, for whoever looks after it. */
export interface KeySetStatus {
  readonly issuer: string;
  /** Seconds since the keys in force were last known to be published; `undefined` where none are in force. */
  readonly ageSeconds: number | undefined;
  /** Refreshes that failed since the last that went well. */
  readonly failures: number;
  /** Whether the issuer publishes private keys: its last good set stays, if there is one. */
  readonly exposesKeys: boolean;
}

/** What every key set stands on. */
export interface KeySetEnvironment {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  readonly fetchDocument: FetchDocument;
  readonly random: () => number;
  readonly observer: KeySetObserver;
}

export interface KeySetParts extends KeySetEnvironment {
  readonly issuer: string;
  readonly location: KeySetLocation;
  /** How long the last good keys count while the issuer cannot be asked, in milliseconds. */
  readonly maxStaleMs: number;
}

/**
 * The keys that an issuer publishes (RFC 7517, section 5). They are fetched unasked, so that a token whose key is known
 * never waits; a token that names an unknown `kid` has them fetched sooner, under a cool-down. The last good ones stay
 * in force while the issuer is down, for a limited time.
 */
export class RemoteKeySet implements KeySource {
  private readonly parts: KeySetParts;
  private readonly kept: KeptKeys;
  private readonly refresher: Refresher;
  private readonly news: KeySetReporter;

  constructor(parts: KeySetParts) {
    this.parts = parts;
    const { clock, timers, random, observer, issuer, maxStaleMs } = parts;
    this.news = new KeySetReporter(issuer, observer, clock);
    this.kept = new KeptKeys({ clock, timers, maxStaleMs, outdated: () => this.news.outdated() });
    const failed = (error: unknown): void => this.news.failed(error, this.refresher.failures);
    this.refresher = new Refresher({ refresh: (signal) => this.refresh(signal), failed, clock, timers, random });
  }

  /** Begins to fetch, in the background. */
  start(): void {
    void this.refresher.demand();
  }

  async find(algorithm: string, kid: string | undefined): Promise<readonly VerificationKey[] | undefined> {
    const found = this.select(algorithm, kid);
    if (found.length > 0) return found;
    await this.refresher.demand();
    const refound = this.select(algorithm, kid);
    if (refound.length > 0) return refound;
    // While the issuer cannot be asked, a key that we do not know may be a new one of it.
    return this.kept.current().length === 0 || this.refresher.failures > 0 ? undefined : [];
  }

  status(): KeySetStatus {
    const ageMs = this.kept.ageMs();
    const ageSeconds = ageMs === undefined ? undefined : ageMs / 1000;
    const { exposesKeys } = this.news;
    return { issuer: this.parts.issuer, ageSeconds, failures: this.refresher.failures, exposesKeys };
  }

  /** Another limit for the last good keys' age, in milliseconds, from now on. */
  keepFor(maxStaleMs: number): void {
    this.kept.keepFor(maxStaleMs);
  }

  /** Fetches no more. The keys stay in force for decisions that still run. */
  close(): void {
    this.refresher.close();
    this.kept.close();
  }

  private select(algorithm: string, kid: string | undefined): readonly PublishedKey[] {
    return this.kept
      .current()
      .filter(
        (key) =>
          (kid === undefined || key.kid === kid) &&
          (key.algorithm === undefined || isSameAlgorithm(key.algorithm, algorithm)) &&
          fits(key.key, algorithm),
      );
  }

  private async refresh(signal: AbortSignal): Promise<number> {
    const { location, fetchDocument, clock } = this.parts;
    const { url, asOfMs, failure } = await location.locate(signal);
    // A key set at a place that the issuer has not named for so long is no longer the issuer's.
    if (!this.kept.isRecent(asOfMs)) throw new Error('the place of its key set is known no more', { cause: failure });
    const askedAtMs = clock.monotonicMs();
    const { text, maxAgeMs = REFRESH_MS } = await fetchDocument(url, signal);
    const { keys, leftOut } = readKeySet(text);
    signal.throwIfAborted();
    const wereNone = this.kept.current().length === 0;
    this.news.replaced(this.kept.replace(keys, Math.min(asOfMs, askedAtMs)), wereNone);
    this.news.leftOut(leftOut);
    if (failure === undefined) this.news.refreshed(this.refresher.failures);
    else this.news.failed(failure, this.refresher.failures);
    return Math.min(Math.max(maxAgeMs, MIN_REFRESH_MS), REFRESH_MS);
  }
}
