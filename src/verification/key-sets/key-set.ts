import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';
import type { FoundKeys, KeySource, VerificationKey } from '../keys.ts';
import type { FetchDocument } from './fetch-document.ts';
import { KeptKeys } from './kept-keys.ts';
import type { KeySetLocation } from './key-set-location.ts';
import type { KeySetObserver } from './key-set-reporter.ts';
import { KeySetReporter } from './key-set-reporter.ts';
import type { PublishedKey } from './published-keys.ts';
import { keysFor, readKeySet } from './published-keys.ts';
import { Refresher } from './refresher.ts';

/** How often a key set is fetched in the background. An issuer's `max-age` may shorten this to a minute. */
const REFRESH_MS = 5 * 60_000;
const MIN_REFRESH_MS = 60_000;

/** The state of an issuer's key set, for operators. */
export interface KeySetStatus {
  readonly issuer: string;
  /** Seconds since the keys in force were last known to be published; `undefined` if none are in force. */
  readonly ageSeconds: number | undefined;
  /** The age in seconds at which keys are no longer in force. */
  readonly maxAgeSeconds: number;
  /** Failed refreshes since the last successful one. */
  readonly failures: number;
  /** Whether the issuer publishes private keys. Its last good keys, if any, then stay in force. */
  readonly exposesKeys: boolean;
}

/** What all key sets share. */
export interface KeySetEnvironment {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  readonly fetchDocument: FetchDocument;
  readonly random: () => number;
  readonly observer: KeySetObserver;
  /** Called when keys have ceased to be in force. Must not throw. */
  readonly keysEnded: () => void;
}

export interface KeySetParts extends KeySetEnvironment {
  readonly issuer: string;
  readonly location: KeySetLocation;
  /** How long the last good keys stay in force while the issuer is unavailable, in milliseconds. */
  readonly maxStaleMs: number;
}

/**
 * The keys that an issuer publishes (RFC 7517, section 5). They are refreshed in the background, so that a token with a
 * known key never waits. A token with an unknown `kid` causes an earlier refresh, limited by a cool-down. While the
 * issuer is unavailable, the last good keys stay in force for a limited time.
 */
export class RemoteKeySet implements KeySource {
  private readonly parts: KeySetParts;
  private readonly kept: KeptKeys;
  private readonly refresher: Refresher;
  private readonly reporter: KeySetReporter;

  constructor(parts: KeySetParts) {
    this.parts = parts;
    const { clock, timers, random, observer, keysEnded, issuer, maxStaleMs } = parts;
    this.reporter = new KeySetReporter(issuer, observer, clock);
    this.kept = new KeptKeys({ clock, timers, maxStaleMs, ended: keysEnded, outdated: () => this.reporter.outdated() });
    const failed = (error: unknown): void => this.reporter.failed(error, this.refresher.failures);
    this.refresher = new Refresher({ refresh: (signal) => this.refresh(signal), failed, clock, timers, random });
  }

  /** Starts to fetch the keys in the background. */
  start(): void {
    void this.refresher.demand();
  }

  find(algorithm: string, kid: string | undefined): FoundKeys | Promise<FoundKeys> {
    const found = this.select(algorithm, kid);
    return found.length > 0 ? found : this.findAfterRefresh(algorithm, kid);
  }

  private async findAfterRefresh(algorithm: string, kid: string | undefined): Promise<FoundKeys> {
    await this.refresher.demand();
    const refound = this.select(algorithm, kid);
    if (refound.length > 0) return refound;
    // While refreshes fail, an unknown key may be a new one.
    return this.kept.current().length === 0 || this.refresher.failures > 0 ? undefined : [];
  }

  inForce(): readonly VerificationKey[] {
    return this.kept.current();
  }

  status(): KeySetStatus {
    const ageMs = this.kept.ageMs();
    const ageSeconds = ageMs === undefined ? undefined : ageMs / 1000;
    const { exposesKeys } = this.reporter;
    const maxAgeSeconds = this.kept.maxStaleMs / 1000;
    return { issuer: this.parts.issuer, ageSeconds, maxAgeSeconds, failures: this.refresher.failures, exposesKeys };
  }

  /** Fetches the keys anew, whether or not a fetch has just failed, because its conditions have changed. */
  renew(): void {
    void this.refresher.renew();
  }

  /** Changes the limit on the age of the last good keys, in milliseconds. */
  keepFor(maxStaleMs: number): void {
    this.kept.keepFor(maxStaleMs);
  }

  /** Stops fetching. The keys stay in force for decisions that are still running. */
  close(): void {
    this.refresher.close();
    this.kept.close();
  }

  private select(algorithm: string, kid: string | undefined): readonly PublishedKey[] {
    return keysFor(this.kept.current(), algorithm, kid);
  }

  private async refresh(signal: AbortSignal): Promise<number> {
    const { location, fetchDocument, clock } = this.parts;
    const { url, asOfMs, failure } = await location.locate(signal);
    // A location that the issuer last confirmed too long ago may no longer be the issuer's.
    if (!this.kept.isRecent(asOfMs)) {
      throw new Error('the location of its key set is no longer known', { cause: failure });
    }
    const requestedAtMs = clock.monotonicMs();
    const { text, maxAgeMs = REFRESH_MS } = await fetchDocument(url, signal);
    const { keys, leftOut } = readKeySet(text);
    signal.throwIfAborted();
    const wereNone = this.kept.current().length === 0;
    this.reporter.replaced(this.kept.replace(keys, Math.min(asOfMs, requestedAtMs)), wereNone);
    this.reporter.leftOut(leftOut);
    if (failure === undefined) this.reporter.refreshed(this.refresher.failures);
    else this.reporter.failed(failure, this.refresher.failures);
    return Math.min(Math.max(maxAgeMs, MIN_REFRESH_MS), REFRESH_MS);
  }
}
