import type { Clock } from '../../core/ports.ts';
import { messageOf } from '../../lib/errors.ts';
import type { KeyChanges } from './kept-keys.ts';
import type { PublishedKey } from './published-keys.ts';
import { PrivateKeysError } from './published-keys.ts';

/** How often a lasting failure is reported again. */
const REPORT_AGAIN_MS = 10 * 60_000;

/** Observes key sets. Must not throw. `issuer` is the configured name; `kids` identify keys, which may have none. */
export interface KeySetObserver {
  /** There were no keys in force; now there are. */
  keySetFetched(issuer: string, kids: readonly (string | undefined)[]): void;
  keySetChanged(issuer: string, added: readonly (string | undefined)[], dropped: readonly (string | undefined)[]): void;
  /**
   * A refresh failed; called for the first failure, for one with another cause than the last, and otherwise at most every
   * ten minutes. `failures` counts those in a row.
   */
  keySetFailed(issuer: string, error: unknown, failures: number): void;
  /** The fetched set was refused because it contains private keys: anyone who can read it can sign as the issuer. */
  keySetExposed(issuer: string, kids: readonly (string | undefined)[]): void;
  /** The set has too many usable keys; `count` of them are left out. */
  keysLeftOut(issuer: string, count: number): void;
  /** A refresh succeeded again, after this many failures. */
  keySetRecovered(issuer: string, failures: number): void;
  /** The last good keys are too old and no longer in force. */
  keySetOutdated(issuer: string): void;
}

/** Reports the changes of one issuer's key set to an observer, and lasting failures only now and then. */
export class KeySetReporter {
  /** Whether the last fetched set contains private keys. */
  exposesKeys = false;
  private readonly issuer: string;
  private readonly observer: KeySetObserver;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private failureReportedAtMs: number | undefined;
  private reportedCause = '';
  private exposureReportedAtMs: number | undefined;
  private reportedLeftOut = 0;

  constructor(issuer: string, observer: KeySetObserver, clock: Pick<Clock, 'monotonicMs'>) {
    this.issuer = issuer;
    this.observer = observer;
    this.clock = clock;
  }

  /** @param wereNone whether no key was in force before. */
  replaced({ added, dropped }: KeyChanges, wereNone: boolean): void {
    if (wereNone) this.observer.keySetFetched(this.issuer, kidsOf(added));
    else if (added.length + dropped.length > 0) {
      this.observer.keySetChanged(this.issuer, kidsOf(added), kidsOf(dropped));
    }
  }

  failed(error: unknown, failures: number): void {
    if (error instanceof PrivateKeysError) this.exposed(error);
    const cause = messageOf(error);
    if (this.isRecent(this.failureReportedAtMs) && cause === this.reportedCause) return;
    this.reportedCause = cause;
    this.failureReportedAtMs = this.clock.monotonicMs();
    this.observer.keySetFailed(this.issuer, error, failures);
  }

  /** @param count how many keys of the set in force are left out. */
  leftOut(count: number): void {
    this.exposesKeys = false;
    this.exposureReportedAtMs = undefined;
    if (count > 0 && count !== this.reportedLeftOut) this.observer.keysLeftOut(this.issuer, count);
    this.reportedLeftOut = count;
  }

  /** The refresh succeeded completely. */
  refreshed(failures: number): void {
    if (this.failureReportedAtMs === undefined) return;
    this.failureReportedAtMs = undefined;
    this.observer.keySetRecovered(this.issuer, failures);
  }

  outdated(): void {
    this.observer.keySetOutdated(this.issuer);
  }

  private exposed({ kids }: PrivateKeysError): void {
    this.exposesKeys = true;
    if (this.isRecent(this.exposureReportedAtMs)) return;
    this.exposureReportedAtMs = this.clock.monotonicMs();
    this.observer.keySetExposed(this.issuer, kids);
  }

  private isRecent(reportedAtMs: number | undefined): boolean {
    return reportedAtMs !== undefined && this.clock.monotonicMs() - reportedAtMs < REPORT_AGAIN_MS;
  }
}

function kidsOf(keys: readonly PublishedKey[]): readonly (string | undefined)[] {
  return keys.map(({ kid }) => kid);
}
