import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import type { ReporterKeys } from '../../lib/api-key/reporter-keys.ts';
import { parseReporterKeys } from '../../lib/api-key/reporter-keys.ts';
import { SingleFlight } from '../../lib/caches/single-flight.ts';
import { fetchText } from '../../remote/fetch-text.ts';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
/** After this time the keys are fetched again, so that a key that the reporter withdrew is no longer accepted. */
const FRESH_MS = 3_600_000;
/** While they cannot be fetched, the last good ones are accepted for so long. */
const MAX_STALE_MS = 24 * 3_600_000;
/**
 * The shortest time between two fetches, also after a failure: anyone may name an unknown key, and GitHub answers 60
 * requests an hour.
 */
const COOL_DOWN_MS = 120_000;

export interface PublishedReporterKeysParts {
  readonly url: URL;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly observer: {
    /** The keys could not be fetched. */
    reporterKeysFailed(error: unknown): void;
  };
}

/** Finds the public key of a reporter of leaks. */
export interface ReporterKeySource {
  /** `unknown`: the reporter has no such key. `unavailable`: its keys cannot be had now. */
  find(id: string): Promise<KeyObject | 'unknown' | 'unavailable'>;
}

/** The keys that a reporter of leaks publishes at a URL. They are fetched when a report comes, and kept. */
export class PublishedReporterKeys implements ReporterKeySource {
  private readonly parts: PublishedReporterKeysParts;
  private readonly fetches: SingleFlight<void>;
  private keys: ReporterKeys = new Map();
  private fetchedAtMs = Number.NEGATIVE_INFINITY;
  private triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: PublishedReporterKeysParts) {
    this.parts = parts;
    this.fetches = new SingleFlight(() => this.fetch());
  }

  async find(id: string): Promise<KeyObject | 'unknown' | 'unavailable'> {
    if (this.ageMs() <= FRESH_MS) {
      const key = this.keys.get(id);
      if (key !== undefined) return key;
    }
    const mayFetch = this.parts.clock.monotonicMs() - this.triedAtMs >= COOL_DOWN_MS;
    if (mayFetch || this.fetches.running !== undefined) await this.fetches.run();
    if (this.ageMs() > MAX_STALE_MS) return 'unavailable';
    return this.keys.get(id) ?? (this.fetchedAtMs < this.triedAtMs ? 'unavailable' : 'unknown');
  }

  private ageMs(): number {
    return this.parts.clock.monotonicMs() - this.fetchedAtMs;
  }

  private async fetch(): Promise<void> {
    const { url, clock, observer } = this.parts;
    const startedAtMs = clock.monotonicMs();
    this.triedAtMs = startedAtMs;
    try {
      const request = { headers: { accept: 'application/json' }, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
      const { text } = await fetchText(url, request, new AbortController().signal);
      const keys = parseReporterKeys(text);
      if (keys === undefined) throw new Error('the document has no ECDSA key on P-256');
      this.keys = keys;
      this.fetchedAtMs = startedAtMs;
    } catch (error) {
      observer.reporterKeysFailed(error);
    }
  }
}

/** The keys of a file. */
export function givenReporterKeys(keys: ReporterKeys): ReporterKeySource {
  return { find: async (id) => keys.get(id) ?? 'unknown' };
}
