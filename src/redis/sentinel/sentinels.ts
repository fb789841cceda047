import { setTimeout as wait } from 'node:timers/promises';
import type { HostPort, RedisAccess, SentinelConfig } from '../../config/config.ts';
import { StoreError } from '../../core/ports.ts';
import { backOffMs } from '../../lib/timers/back-off.ts';
import { isLasting, UnfitError } from '../failure.ts';
import { Sentinel } from './sentinel.ts';
import type { SentinelReport } from './sentinel-report.ts';
import { electedPrimary, isSamePlace } from './sentinel-report.ts';

/**
 * How often each Sentinel is asked, in milliseconds. A primary that was replaced while it was healthy answers as before
 * for some ten seconds, so its answers count for at most this time after a Sentinel knows of the change.
 */
const EVERY_MS = 250;
/** For how long a report that no Sentinel repeats still counts against an earlier election, in milliseconds. */
const FORGOTTEN_MS = 10_000;

/**
 * The Sentinels, polled as long as the servers are open, each at its own pace: a poll misses no change, where a message
 * may get lost. While none of them answers, the last report counts.
 */
export class Sentinels {
  private readonly label: string;
  private readonly sentinels: readonly Sentinel[];
  private readonly reports: (SentinelReport | undefined)[];
  private readonly faults: unknown[];
  private readonly followers: (() => void)[] = [];
  private readonly closed = new AbortController();
  private readonly watches: readonly Promise<void>[];
  private known: SentinelReport | undefined;
  private saidAtMs = 0;
  /** Settles once the primary is known, or no Sentinel names one. */
  private search = newSearch();

  /** `primary` is the name of the primary in their configuration, `label` its name in error messages. */
  constructor(label: string, primary: string, config: SentinelConfig) {
    this.label = label;
    this.sentinels = config.addresses.map((address) => new Sentinel(address, config, primary));
    this.reports = this.sentinels.map(() => undefined);
    this.faults = this.sentinels.map(() => undefined);
    this.watches = this.sentinels.map((sentinel, index) => this.watch(sentinel, index));
  }

  /** The primary as far as is known now. */
  get primary(): HostPort | undefined {
    return this.known;
  }

  /** Where the primary is. Rejects with `StoreError`, which names each Sentinel, if none has ever named one. */
  async find(): Promise<HostPort> {
    return this.known ?? (await this.search.promise);
  }

  /** Calls `act` whenever another server has become the primary. */
  onMoved(act: () => void): void {
    this.followers.push(act);
  }

  /** Takes other credentials. */
  reconfigure(access: RedisAccess): void {
    for (const sentinel of this.sentinels) sentinel.reconfigure(access);
  }

  async close(): Promise<void> {
    this.closed.abort();
    for (const sentinel of this.sentinels) sentinel.close();
    this.search.reject(new StoreError('the store is closed'));
    await Promise.all(this.watches);
  }

  private async watch(sentinel: Sentinel, index: number): Promise<void> {
    const { signal } = this.closed;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const report = await sentinel.ask();
        failures = 0;
        this.accept(index, report);
      } catch (error) {
        this.miss(index, error);
        failures += 1;
      }
      const pauseMs = Math.max(failures === 0 ? 0 : backOffMs(failures - 1), EVERY_MS);
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private accept(index: number, report: SentinelReport): void {
    if (this.closed.signal.aborted) return;
    this.reports[index] = report;
    this.faults[index] = undefined;
    const before = this.known;
    const nowMs = performance.now();
    if (report.epoch === before?.epoch) this.saidAtMs = nowMs;
    this.known = electedPrimary(this.reports, before, nowMs - this.saidAtMs > FORGOTTEN_MS);
    if (this.known === undefined) return;
    this.search.resolve(this.known);
    if (this.known.epoch !== before?.epoch) this.saidAtMs = nowMs;
    if (before !== undefined && !isSamePlace(before, this.known)) for (const moved of this.followers) moved();
  }

  private miss(index: number, error: unknown): void {
    this.reports[index] = undefined;
    this.faults[index] = error;
    if (this.known !== undefined || this.faults.includes(undefined)) return;
    const why = this.sentinels.map((sentinel, at) => sentinel.explain(this.faults[at])).join('; ');
    const Kind = this.faults.every(isLasting) ? UnfitError : StoreError;
    const { reject } = this.search;
    this.search = newSearch();
    reject(new Kind(`Redis store "${this.label}": no Sentinel names the primary: ${why}`));
  }
}

function newSearch(): PromiseWithResolvers<HostPort> {
  const search = Promise.withResolvers<HostPort>();
  search.promise.catch(() => undefined);
  return search;
}
