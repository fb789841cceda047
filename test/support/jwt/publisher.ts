import type { JsonWebKey } from 'node:crypto';
import type { KeyServerAccess } from '../../../src/config/issuer-config.ts';
import type { FetchDocument, FetchedDocument } from '../../../src/verification/key-sets/fetch-document.ts';
import type { KeySetParts } from '../../../src/verification/key-sets/key-set.ts';
import { RemoteKeySet } from '../../../src/verification/key-sets/key-set.ts';
import { FixedLocation } from '../../../src/verification/key-sets/key-set-location.ts';
import { SimulatedTime } from '../simulated-time.ts';

const JWKS = new URL('https://issuer.example/jwks');

/** An issuer whose responses the test sets, on a clock that the test advances. */
export class Publisher {
  readonly time = new SimulatedTime();
  /** The time and URL of each request, and the access that it used. */
  readonly asked: { readonly atMs: number; readonly url: string; readonly access?: KeyServerAccess | undefined }[] = [];
  /** The observer's calls, in words. */
  readonly told: string[] = [];
  /** How often keys of this issuer have ceased to be in force. */
  ends = 0;
  answer: (url: URL, signal: AbortSignal) => Promise<string | FetchedDocument>;

  constructor(...keys: readonly JsonWebKey[]) {
    this.answer = async () => setOf(...keys);
  }

  readonly observer: KeySetParts['observer'] = {
    keySetFetched: (issuer, kids) => this.told.push(`${issuer} fetched: ${kids.join()}`),
    keySetChanged: (issuer, added, dropped) => this.told.push(`${issuer} changed: +${added.join()} -${dropped.join()}`),
    keySetFailed: (issuer, error, failures) => this.told.push(`${issuer} failed ${failures}: ${describeError(error)}`),
    keySetExposed: (issuer, kids) => this.told.push(`${issuer} exposed: ${kids.join()}`),
    keysLeftOut: (issuer, count) => this.told.push(`${issuer} left out: ${count}`),
    keySetRecovered: (issuer, failures) => this.told.push(`${issuer} recovered after ${failures}`),
    keySetOutdated: (issuer) => this.told.push(`${issuer} outdated`),
  };

  readonly fetchDocument: FetchDocument = async (url, signal, access) => {
    this.asked.push({ atMs: this.time.nowMs, url: url.href, access });
    const answer = await this.answer(url, signal);
    return typeof answer === 'string' ? { text: answer, maxAgeMs: undefined } : answer;
  };

  publish(...keys: readonly object[]): void {
    this.answer = async () => setOf(...keys);
  }

  fail(): void {
    this.answer = () => Promise.reject(new Error('no route to host'));
  }

  /** Accepts connections and never answers: each request fails after five seconds, as over the network. */
  swallow(): void {
    this.answer = (_, signal) => {
      const { promise, reject } = Promise.withResolvers<string>();
      const end = (): void => reject(new Error('it did not answer'));
      this.time.after(5_000, end);
      signal.addEventListener('abort', end);
      return promise;
    };
  }

  /** Returns a key set of this issuer that is fetched on first use. */
  keySet(changes: Partial<KeySetParts> = {}): RemoteKeySet {
    return new RemoteKeySet({ ...this.environment(), issuer: 'corporate', ...changes });
  }

  private environment(): Omit<KeySetParts, 'issuer'> {
    const { time: clock, fetchDocument } = this;
    const location = new FixedLocation(JWKS);
    return {
      clock,
      timers: clock,
      fetchDocument,
      random: () => 0,
      observer: this.observer,
      keysEnded: () => (this.ends += 1),
      location,
      maxStaleMs: 86_400_000,
    };
  }
}

/** Returns a JWK Set as JSON. */
export function setOf(...keys: readonly object[]): string {
  return JSON.stringify({ keys });
}

/** Returns the messages of an error and its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describeError(error.cause)}`;
}
