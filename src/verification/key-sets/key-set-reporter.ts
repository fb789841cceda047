import type { Clock } from '../../core/ports.ts';
import type { KeyChanges } from './kept-keys.ts';
import type { PublishedKey } from './published-keys.ts';
import { PrivateKeysError } from './published-keys.ts';

/** While an issuer is down, how often that is said. */
const SAY_AGAIN_MS = 10 * 60_000;

/** Told what becomes of key sets. Must not throw. `issuer` is the configured name; keys are told by their `kid`s. */
export interface KeySetObserver {
  /** Keys are there: the first ones, or the first again. */
  keySetFetched(issuer: string, kids: readonly (string | undefined)[]): void;
  keySetChanged(issuer: string, added: readonly (string | undefined)[], dropped: readonly (string | undefined)[]): void;
  /** It could not be refreshed: said at once, and from then on rarely. `failures` are those in a row before. */
  keySetFailed(issuer: string, error: unknown, failures: number): void;
  /** It holds private keys, these, and is refused: whoever can read it can sign in the name of the issuer. */
  keySetExposed(issuer: string, kids: readonly (string | undefined)[]): void;
  /** It holds more usable keys than are used; so many are left out. */
  keysLeftOut(issuer: string, count: number): void;
  /** It could be again, after so many failures. */
  keySetRecovered(issuer: string, failures: number): void;
  /** The last good keys are too old and no longer count. */
  keySetOutdated(issuer: string): void;
}

/** Tells an observer of one issuer's key set what is new, and of a failure that lasts only now and then. */
export class KeySetReporter {
  /** Whether the last set that was had holds private keys. */
  exposesKeys = false;
  private readonly issuer: string;
  private readonly observer: KeySetObserver;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private failureSaidAtMs: number | undefined;
  private exposureSaidAtMs: number | undefined;
  private saidLeftOut = 0;

  constructor(issuer: string, observer: KeySetObserver, clock: Pick<Clock, 'monotonicMs'>) {
    this.issuer = issuer;
    this.observer = observer;
    this.clock = clock;
  }

  /** @param wereNone no key was in force before. */
  replaced({ added, dropped }: KeyChanges, wereNone: boolean): void {
    if (wereNone) this.observer.keySetFetched(this.issuer, kidsOf(added));
    else if (added.length + dropped.length > 0) {
      this.observer.keySetChanged(this.issuer, kidsOf(added), kidsOf(dropped));
    }
  }

  failed(error: unknown, failures: number): void {
    if (error instanceof PrivateKeysError) this.exposed(error);
    if (this.isRecent(this.failureSaidAtMs)) return;
    this.failureSaidAtMs = this.clock.monotonicMs();
    this.observer.keySetFailed(this.issuer, error, failures);
  }

  /** @param count keys of the set that is in force now. */
  leftOut(count: number): void {
    this.exposesKeys = false;
    this.exposureSaidAtMs = undefined;
    if (count > 0 && count !== this.saidLeftOut) this.observer.keysLeftOut(this.issuer, count);
    this.saidLeftOut = count;
  }

  /** All went well. */
  refreshed(failures: number): void {
    if (this.failureSaidAtMs === undefined) return;
    this.failureSaidAtMs = undefined;
    this.observer.keySetRecovered(this.issuer, failures);
  }

  outdated(): void {
    this.observer.keySetOutdated(this.issuer);
  }

  private exposed({ kids }: PrivateKeysError): void {
    this.exposesKeys = true;
    if (this.isRecent(this.exposureSaidAtMs)) return;
    this.exposureSaidAtMs = this.clock.monotonicMs();
    this.observer.keySetExposed(this.issuer, kids);
  }

  private isRecent(saidAtMs: number | undefined): boolean {
    return saidAtMs !== undefined && this.clock.monotonicMs() - saidAtMs < SAY_AGAIN_MS;
  }
}

function kidsOf(keys: readonly PublishedKey[]): readonly (string | undefined)[] {
  return keys.map(({ kid }) => kid);
}
